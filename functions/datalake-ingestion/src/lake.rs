//! The data lake's bucket.

use std::fmt::Write;

use jiff::Timestamp;
use lambda_messaging::{Failure, consumer::AnyEvent};
use sha2::{Digest, Sha256};

use crate::{Bucket, partition::Partition, table};

/// The data lake.
#[derive(Debug)]
pub struct Lake {
    bucket: Bucket,
}

impl Lake {
    /// The lake in this bucket.
    #[must_use]
    pub fn new(bucket: Bucket) -> Self {
        Self { bucket }
    }

    /// Files the events as one object. The same events always have the same key, so a redelivered batch replaces its own object. A
    /// redelivery in another batch puts an event into the lake twice, and the view over the lake counts it once.
    pub(crate) async fn file(&self, partition: &Partition, events: &[&AnyEvent]) -> Result<(), Failure> {
        let parquet = table::write(events, Timestamp::now())?;
        self.bucket.put(&key(partition, events), "application/vnd.apache.parquet", parquet).await
    }
}

fn key(Partition { event_type, date }: &Partition, events: &[&AnyEvent]) -> String {
    let mut names: Vec<_> = events.iter().map(|event| (&event.source, &event.id)).collect();
    names.sort_unstable();
    names.dedup();
    let mut hash = Sha256::new();
    for (source, id) in names {
        // Lengths keep ("ab", "c") apart from ("a", "bc").
        hash.update(source.len().to_be_bytes());
        hash.update(source);
        hash.update(id.len().to_be_bytes());
        hash.update(id);
    }
    let name = hash.finalize().iter().take(16).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    });
    format!("events/type={event_type}/dt={date}/{name}.parquet")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str) -> AnyEvent {
        let event = format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"/test","type":"T","time":"2026-11-23T00:00:00Z",
                "correlationid":"c","data":{{}}}}"#
        );
        serde_json::from_str(&event).unwrap()
    }

    #[test]
    fn the_key_follows_from_the_events_whatever_their_order() {
        let partition = Partition { event_type: "T".into(), date: jiff::civil::date(2026, 11, 23) };
        let (a, b, c) = (event("a"), event("b"), event("c"));
        let of = |events: &[&AnyEvent]| key(&partition, events);
        assert!(of(&[&a]).starts_with("events/type=T/dt=2026-11-23/"));
        assert_eq!(of(&[&a, &b]), of(&[&b, &a]));
        assert_eq!(of(&[&a, &a]), of(&[&a]), "a duplicate within the batch");
        assert_ne!(of(&[&a, &b]), of(&[&a, &c]));
    }
}
