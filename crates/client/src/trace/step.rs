//! The steps of a trace.

use jiff::Timestamp;
use serde::Serialize;

use crate::subscribers::Seen;

/// The part that a service had in something.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The service.
    pub service: String,
    /// The way in which it reached the service.
    pub delivery: Delivery,
    /// The effect, in words; none while there is none to be seen.
    pub effect: Option<String>,
    /// The time from acceptance to the effect.
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
