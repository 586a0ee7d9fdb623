//! The events in the data lake, by queries to Athena, or from the lake's objects if the emulator has no Athena.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use aws_sdk_s3::{Client, operation::list_objects_v2::ListObjectsV2Output};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, Row},
};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{World, emulator::PROFILE};

/// An event as it is filed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filed {
    pub event_type: String,
    pub id: String,
    pub source: String,
    pub time: String,
    pub subject: String,
    pub correlation_id: String,
    pub traceparent: String,
    pub data: String,
}

impl World {
    /// The number of an event's copies in the lake, and the number that the view counts.
    pub async fn filed(&self, id: &str) -> (usize, usize) {
        if !PROFILE.athena {
            return counts(&self.events_that(|event| event.id == id).await);
        }
        let count = async |table: &str| {
            self.lake.select(&format!("id FROM {table} WHERE id = '{id}'")).await.unwrap().len()
        };
        (count("events").await, count("unique_events").await)
    }

    /// The number of events of a type that the lake's view counts, and the number of different ones among them.
    pub async fn counted_in_the_lake(&self, event_type: &str) -> (usize, usize) {
        if !PROFILE.athena {
            let (copies, different) = counts(&self.events_that(|event| event.event_type == event_type).await);
            assert!(copies >= different);
            return (different, different);
        }
        let question =
            format!("count(*) AS n, count(DISTINCT id) AS d FROM unique_events WHERE type = '{event_type}'");
        let rows = self.lake.select(&question).await.unwrap();
        (rows[0][0].parse().unwrap(), rows[0][1].parse().unwrap())
    }

    /// The times under which the copies of an event are filed.
    pub async fn filed_times(&self, id: &str) -> HashSet<String> {
        if !PROFILE.athena {
            return self
                .events_that(|event| event.id == id)
                .await
                .into_iter()
                .map(|event| event.time)
                .collect();
        }
        let rows = self.lake.select(&format!("CAST(time AS varchar) FROM events WHERE id = '{id}'")).await;
        rows.unwrap().into_iter().flatten().collect()
    }

    /// An event in the lake.
    pub async fn filed_event(&self, id: &str) -> Filed {
        if !PROFILE.athena {
            return self.events_that(|event| event.id == id).await.remove(0);
        }
        let columns = "type, source, CAST(time AS varchar), subject, correlationid, traceparent, data";
        let rows = self.lake.select(&format!("{columns} FROM events WHERE id = '{id}'")).await.unwrap();
        let [event_type, source, time, subject, correlation_id, traceparent, data] =
            rows[0].clone().try_into().unwrap();
        let time = format!("{}Z", time.split('+').next().unwrap().replacen(' ', "T", 1));
        Filed { event_type, id: id.to_owned(), source, time, subject, correlation_id, traceparent, data }
    }

    /// An event in the lake, as the message that the topic's subscribers received.
    pub async fn event_in_the_lake(&self, id: &str) -> String {
        let filed = self.filed_event(id).await;
        let data: Value = serde_json::from_str(&filed.data).unwrap();
        json!({"specversion": "1.0", "type": filed.event_type, "id": id, "source": filed.source,
               "time": filed.time, "subject": filed.subject, "correlationid": filed.correlation_id, "data": data})
        .to_string()
    }

    async fn events_that(&self, are: impl Fn(&Filed) -> bool) -> Vec<Filed> {
        let objects = self.objects_of_the_lake().await;
        objects.iter().flat_map(|events| events.iter()).filter(|event| are(event)).cloned().collect()
    }

    /// The events of each object. An object never changes, so each is read once.
    async fn objects_of_the_lake(&self) -> Vec<Arc<Vec<Filed>>> {
        static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Vec<Filed>>>>> = LazyLock::new(Mutex::default);
        let s3 = aws_sdk_s3::config::Builder::from(self.aws()).force_path_style(true).build();
        let (s3, bucket) = (Client::from_conf(s3), self.output("datalake-ingestion", "DatalakeBucketName"));
        let list = s3.list_objects_v2().bucket(bucket).prefix("events/").into_paginator().send();
        let pages: Vec<_> = list.collect::<Result<_, _>>().await.unwrap();
        let keys = pages.iter().flat_map(ListObjectsV2Output::contents).filter_map(|object| object.key());
        let (mut known, mut objects) = (KNOWN.lock().await, Vec::new());
        for key in keys {
            if !known.contains_key(key) {
                let object = s3.get_object().bucket(bucket).key(key).send().await.unwrap();
                let bytes = object.body.collect().await.unwrap().into_bytes();
                known.insert(key.to_owned(), Arc::new(read(key, bytes)));
            }
            objects.push(known[key].clone());
        }
        objects
    }
}

/// The number of these copies, and of the different events among them, which the view counts.
fn counts(events: &[Filed]) -> (usize, usize) {
    let different: HashSet<_> = events.iter().map(|event| (&event.source, &event.id)).collect();
    (events.len(), different.len())
}

fn read(key: &str, bytes: bytes::Bytes) -> Vec<Filed> {
    // The type stands in the object's key, as the partition.
    let event_type = key.split('/').find_map(|part| part.strip_prefix("type=")).unwrap();
    let file = SerializedFileReader::new(bytes).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| filed(event_type, &row)).collect()
}

fn filed(event_type: &str, row: &Row) -> Filed {
    let field = |name: &str| row.get_column_iter().find(|(column, _)| *column == name).unwrap().1;
    let text = |name: &str| match field(name) {
        Field::Str(text) => text.clone(),
        Field::TimestampMillis(time) => jiff::Timestamp::from_millisecond(*time).unwrap().to_string(),
        Field::Null => String::new(),
        other => panic!("{name} is {other}"),
    };
    Filed {
        event_type: event_type.to_owned(),
        id: text("id"),
        source: text("source"),
        time: text("time"),
        subject: text("subject"),
        correlation_id: text("correlationid"),
        traceparent: text("traceparent"),
        data: text("data"),
    }
}
