//! The ids of an event, for logs and metrics.

use jiff::Timestamp;
use message_envelope::token;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::CorrelationId;

/// The ids, the type and the time of an event's envelope. Each is missing if the message is not an event, or if the value is invalid.
#[derive(Default, Deserialize)]
pub(crate) struct Ids {
    #[serde(default, deserialize_with = "if_valid")]
    pub id: Option<CorrelationId>,
    #[serde(default, deserialize_with = "if_valid")]
    pub correlationid: Option<CorrelationId>,
    #[serde(default, deserialize_with = "if_valid", rename = "type")]
    pub event_type: Option<EventType>,
    #[serde(default, deserialize_with = "if_valid")]
    pub time: Option<Timestamp>,
}

token! {
    /// The type of an event, as far as a log may show it. Any other text could be a payload.
    EventType
}

/// Reads a value. An invalid one hides no other.
fn if_valid<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(value.get()).ok())
}

impl Ids {
    /// The ids in a message that may be an event.
    pub(crate) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_value_hides_no_other() {
        let ids = Ids::read(
            br#"{"id": "e-1", "type": "no type, but Mr Smith", "time": 7, "correlationid": "c-1"}"#,
        );
        assert_eq!(ids.id.as_ref().map(AsRef::as_ref), Some("e-1"));
        assert_eq!(ids.correlationid.as_ref().map(AsRef::as_ref), Some("c-1"));
        assert_eq!((ids.event_type, ids.time), (None, None));
    }
}
