//! The ids of an event, for logs and metrics.

use jiff::Timestamp;
use serde::Deserialize;

use crate::CorrelationId;

/// The ids and the time of an event's envelope. Each is missing if the message is not an event, or if the value is invalid.
#[derive(Default, Deserialize)]
pub(crate) struct Ids {
    #[serde(default)]
    pub id: Option<CorrelationId>,
    #[serde(default)]
    pub correlationid: Option<CorrelationId>,
    #[serde(default)]
    pub time: Option<Timestamp>,
}

impl Ids {
    /// The ids in a message that may be an event.
    pub(crate) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}
