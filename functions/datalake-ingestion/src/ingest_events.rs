//! Files the events of a batch: one object for each partition.

use std::collections::{BTreeMap, BTreeSet};

use lambda_messaging::{
    Effect, Failure,
    consumer::{AnyEvent, BatchReceiver},
};
use tracing::error;

use crate::{Lake, partition::Partition};

/// The receiver of events of any type.
#[derive(Debug)]
pub struct IngestEvents {
    lake: Lake,
    listed: BTreeSet<String>,
}

impl IngestEvents {
    /// Files events here. Queries find those of the listed types, which have commas between them.
    #[must_use]
    pub fn new(lake: Lake, listed: &str) -> Self {
        Self { lake, listed: listed.split(',').map(|event_type| event_type.trim().to_owned()).collect() }
    }

    /// Logs each type that the table doesn't list. An alarm watches for the line's `error_type`, so the line is an error, which
    /// every log level shows.
    fn report_unlisted<'a>(&self, filed: impl Iterator<Item = &'a Partition>) {
        for event_type in self.unlisted(filed) {
            error!(
                error_type = "UnlistedEventType",
                event_type, "filed, but no query finds events of this type"
            );
        }
    }

    fn unlisted<'a>(&self, filed: impl Iterator<Item = &'a Partition>) -> BTreeSet<&'a str> {
        filed
            .map(|of| of.event_type.as_str())
            .filter(|event_type| !self.listed.contains(*event_type))
            .collect()
    }
}

impl BatchReceiver for IngestEvents {
    async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
        let partitions: Vec<_> = events.iter().map(Partition::from_event).collect();
        let mut files: BTreeMap<&Partition, Vec<&AnyEvent>> = BTreeMap::new();
        for (event, partition) in events.iter().zip(&partitions) {
            if let Ok(partition) = partition {
                files.entry(partition).or_default().push(event);
            }
        }
        let mut filed = BTreeMap::new();
        for (partition, events) in files {
            filed.insert(partition, self.lake.file(partition, &events).await);
        }
        self.report_unlisted(
            filed.iter().filter(|(_, result)| result.is_ok()).map(|(partition, _)| *partition),
        );
        partitions
            .iter()
            .map(|partition| match partition {
                Ok(partition) => filed.get(partition).cloned().unwrap_or(Ok(())).map(|()| Effect::Made),
                Err(failure) => Err(failure.clone()),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_http_client::test_util::infallible_client_fn;
    use function_testkit::{Aws, log::Log};
    use serde_json::json;

    use super::*;
    use crate::Bucket;

    const LISTED: &str = "RideCompleted,FareCollected";

    fn event(id: &str, event_type: &str, time: &str) -> AnyEvent {
        let event = json!({
            "specversion": "1.0", "id": id, "source": "/test", "type": event_type, "time": time,
            "correlationid": "c", "data": {"any": "thing"},
        });
        serde_json::from_str(&event.to_string()).unwrap()
    }

    const TIME: &str = "2026-11-23T00:00:00Z";

    /// Ingests the events while S3 refuses objects of this type, if any; the results, and the objects' paths.
    async fn ingest(
        refused: Option<&'static str>,
        events: Vec<AnyEvent>,
    ) -> (Vec<Result<Effect, Failure>>, Vec<String>) {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let put = Arc::clone(&paths);
        let s3 = infallible_client_fn(move |request| {
            let path = request.uri().path().to_owned();
            let is_refused = refused.is_some_and(|of| path.contains(&format!("type%3D{of}/")));
            put.lock().unwrap().push(path);
            let (status, body) =
                if is_refused { (503, "<Error><Code>SlowDown</Code></Error>") } else { (200, "") };
            http::Response::builder().status(status).body(body).unwrap()
        });
        let aws = Aws::default().function().aws().to_builder().http_client(s3).build();
        let lake = Lake::new(Bucket::new(&aws, "lake", "amazonaws.com"));
        let results = IngestEvents::new(lake, LISTED).receive_batch(events).await;
        let paths = std::mem::take(&mut *paths.lock().unwrap());
        (results, paths)
    }

    #[tokio::test]
    async fn a_batch_is_one_object_for_each_type_and_day() {
        let events = vec![
            event("1", "RideCompleted", "2026-11-22T23:59:59.999Z"),
            event("2", "RideCompleted", "2026-11-23T00:30:00+01:00"),
            event("3", "RideCompleted", "2026-11-23T00:00:00Z"),
            event("4", "FareCollected", "2026-11-23T00:00:00Z"),
        ];
        let (results, paths) = ingest(None, events).await;
        assert_eq!(results, vec![Ok(Effect::Made); 4]);
        assert_eq!(paths.len(), 3, "the first two are of one UTC day: {paths:?}");
        assert!(paths.iter().all(|path| path.starts_with("/events/type%3D")), "{paths:?}");
    }

    #[tokio::test]
    async fn one_object_that_fails_keeps_only_its_own_events() {
        let events = vec![event("1", "RideCompleted", TIME), event("2", "FareCollected", TIME)];
        let (results, _) = ingest(Some("FareCollected"), events).await;
        assert!(results[0].is_ok() && results[1].as_ref().is_err_and(Failure::is_retryable), "{results:?}");
    }

    #[tokio::test]
    async fn an_event_of_a_type_that_queries_do_not_find_is_filed_and_reported() {
        let events = vec![event("1", "HerdRetired", TIME), event("2", "RideCompleted", TIME)];
        let log = Log::start();
        let (results, paths) = ingest(None, events).await;
        assert_eq!(results, vec![Ok(Effect::Made); 2]);
        assert_eq!(paths.len(), 2, "{paths:?}");
        let log = log.take();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("UnlistedEventType")).collect();
        let [line] = lines.as_slice() else { panic!("{log}") };
        assert!(line.contains("HerdRetired") && !line.contains("RideCompleted"), "{line}");
        assert!(line.contains("ERROR"), "a log level must not hide it: {line}");
    }

    #[tokio::test]
    async fn an_event_that_was_not_filed_is_not_reported_as_filed() {
        let log = Log::start();
        let (results, _) = ingest(Some("HerdRetired"), vec![event("1", "HerdRetired", TIME)]).await;
        assert!(results[0].as_ref().is_err_and(Failure::is_retryable), "{results:?}");
        let log = log.take();
        assert!(!log.contains("UnlistedEventType") && !log.contains("HerdRetired"), "{log}");
    }

    #[tokio::test]
    async fn a_type_that_would_leave_its_folder_is_refused() {
        let (results, paths) = ingest(None, vec![event("1", "../secrets", TIME)]).await;
        assert!(results[0].as_ref().is_err_and(|failure| !failure.is_retryable()));
        assert!(paths.is_empty(), "{paths:?}");
    }
}
