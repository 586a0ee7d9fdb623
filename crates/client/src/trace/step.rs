//! The steps of a trace.

use jiff::Timestamp;
use serde::Serialize;

use crate::{error::Error, lake::Lake};

/// The part that a service had in something.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The service.
    pub service: String,
    /// How it reached the service.
    pub delivery: Delivery,
    /// The effect, in words; none while there is none to be seen.
    pub effect: Option<String>,
    /// How long after acceptance the effect was there.
    pub latency_ms: Option<i64>,
}

/// The way to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It went into the service's queue.
    Queue,
    /// The topic kept it from the service, for this reason.
    FilteredOut(String),
    /// The service isn't subscribed.
    NotSubscribed,
    /// Customer Accounting started it.
    Started,
}

impl Step {
    pub(crate) fn new(service: impl Into<String>, delivery: Delivery) -> Self {
        Self { service: service.into(), delivery, effect: None, latency_ms: None }
    }

    /// True if an effect should come, and hasn't.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.effect.is_none() && matches!(self.delivery, Delivery::Queue | Delivery::Started)
    }

    pub(crate) fn record(&mut self, seen: Seen, accepted: Timestamp) {
        if let Some((effect, at)) = seen {
            self.effect = Some(effect);
            self.latency_ms = at.map(|at| at.as_millisecond() - accepted.as_millisecond());
        }
    }
}

/// An effect, and when it was there.
pub(crate) type Seen = Option<(String, Option<Timestamp>)>;

/// Looks for an event in the lake.
pub(crate) async fn filed(lake: &Lake, event: &str, id: &str, happened: Timestamp) -> Result<Seen, Error> {
    let day = happened.strftime("%F");
    let question = format!(
        "CAST(ingested_at AS varchar) FROM unique_events WHERE type = '{event}' AND dt = '{day}' AND id = '{id}'"
    );
    let rows = lake.select(&question).await?;
    Ok(match rows.as_slice() {
        [] => None,
        [row] => Some(("event filed as Parquet".to_owned(), row.first().and_then(|cell| sql_time(cell)))),
        more => Some((format!("event counted {} times", more.len()), None)),
    })
}

/// `2026-11-23 05:00:00.123`, which is UTC, or with an offset behind it.
fn sql_time(text: &str) -> Option<Timestamp> {
    let iso = text.replacen(' ', "T", 1);
    iso.parse().or_else(|_| format!("{iso}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_athena_and_as_duckdb_write_them() {
        let noon: Timestamp = "2026-11-23T12:00:00.5Z".parse().unwrap();
        for text in ["2026-11-23 12:00:00.500", "2026-11-23 12:00:00.5+00", "2026-11-23 14:00:00.5+02"] {
            assert_eq!(sql_time(text), Some(noon), "{text}");
        }
        assert_eq!(sql_time("soon"), None);
    }
}
