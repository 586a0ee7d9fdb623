//! The canonical message: a CloudEvents 1.0 document in structured mode, so a queue's message body is the event.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{CorrelationId, EventError, EventPayload, IncomingPayload, TraceParent, json};

/// An event and its envelope.
///
/// ```
/// use message_envelope::{CorrelationId, Event, EventPayload};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct OrderPlaced {
///     order: String,
/// }
///
/// impl EventPayload for OrderPlaced {
///     const TYPE: &'static str = "OrderPlaced";
///
///     fn id(&self) -> String {
///         self.order.clone()
///     }
///
///     fn subject(&self) -> String {
///         format!("order/{}", self.order)
///     }
/// }
///
/// let placed_at = "2026-11-27T09:00:00Z".parse().unwrap();
/// let correlation_id = CorrelationId::parse("c-1").unwrap();
/// let event = Event::new("/shop", placed_at, correlation_id, OrderPlaced { order: "o-1".to_owned() });
///
/// let message = event.to_json().unwrap();
/// let read = Event::<OrderPlaced>::parse(&message).unwrap();
/// assert_eq!((read.id.as_str(), read.subject.as_deref()), ("o-1", Some("order/o-1")));
/// assert_eq!(read, event);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<T> {
    /// The envelope's version.
    pub specversion: SpecVersion,
    /// The same for every publication of the same event.
    pub id: String,
    /// The service that publishes the event. `source` and `id` together identify an event.
    pub source: String,
    /// The kind of event.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The time of the event.
    pub time: Timestamp,
    /// The thing that the event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The id that everything that follows from one request shares.
    pub correlationid: CorrelationId,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<TraceParent>,
    /// The event itself.
    pub data: T,
}

/// CloudEvents 1.0, the one version there is.
///
/// ```
/// use message_envelope::{SpecVersion, json};
///
/// assert_eq!(json::write(&SpecVersion::V1).unwrap(), "\"1.0\"");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpecVersion {
    /// `1.0`
    #[serde(rename = "1.0")]
    V1,
}

impl<T: EventPayload> Event<T> {
    /// Wraps a payload.
    pub fn new(source: &str, time: Timestamp, correlationid: CorrelationId, data: T) -> Self {
        Self {
            specversion: SpecVersion::V1,
            id: data.id(),
            source: source.to_owned(),
            event_type: T::TYPE.to_owned(),
            time,
            subject: Some(data.subject()),
            correlationid,
            traceparent: None,
            data,
        }
    }
}

impl<T: Serialize> Event<T> {
    /// The event as it travels.
    ///
    /// # Errors
    /// [`EventError::Malformed`] if its data can't be written as JSON.
    pub fn to_json(&self) -> Result<String, EventError> {
        json::write(self)
    }
}

impl<T: IncomingPayload> Event<T> {
    /// Reads an event of a type that the payload accepts.
    ///
    /// # Errors
    /// As [`IncomingPayload::read`]; no later try can succeed.
    pub fn parse(body: &str) -> Result<Self, EventError> {
        let Event { specversion, id, source, event_type, time, subject, correlationid, traceparent, data } =
            json::read::<Event<&RawValue>>(body)?;
        let data = T::read(&event_type, data.get())?;
        if id != data.event_id() {
            return Err(EventError::Malformed("the event's id is not that of its data".to_owned()));
        }
        Ok(Self { specversion, id, source, event_type, time, subject, correlationid, traceparent, data })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct ParcelSent {
        parcel: CorrelationId,
        to: String,
        weight: u32,
    }

    impl EventPayload for ParcelSent {
        const TYPE: &'static str = "ParcelSent";

        fn id(&self) -> String {
            self.parcel.to_string()
        }

        fn subject(&self) -> String {
            format!("parcel/{}", self.parcel)
        }
    }

    fn document() -> Value {
        json!({
            "specversion": "1.0", "id": "p-1", "source": "/post", "type": "ParcelSent",
            "time": "2026-11-23T05:00:00Z", "subject": "parcel/p-1", "correlationid": "c-1",
            "traceparent": TraceParent::start().to_string(),
            "data": {"parcel": "p-1", "to": "Berlin", "weight": 420},
        })
    }

    fn parse(document: &Value) -> Result<Event<ParcelSent>, EventError> {
        Event::parse(&document.to_string())
    }

    #[test]
    fn an_event_survives_the_wire() {
        let event = parse(&document()).unwrap();
        assert_eq!(Event::parse(&event.to_json().unwrap()).unwrap(), event);
    }

    #[test]
    fn characters_that_no_queue_accepts_travel_escaped_and_arrive_unchanged() {
        let mut document = document();
        document["data"]["to"] = "a\u{fffe}b\u{ffff}c".into();
        let event = parse(&document).unwrap();
        let message = event.to_json().unwrap();
        assert!(!message.contains(['\u{fffe}', '\u{ffff}']), "{message}");
        assert_eq!(Event::parse(&message).unwrap(), event);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let mut document = document();
        document["dataschema"] = "https://example.com".into();
        document["data"]["tip"] = 5.into();
        assert!(parse(&document).is_ok());
    }

    #[test]
    fn malformed_events_fail_by_name() {
        for (pointer, value, error_type) in [
            ("/type", json!("ParcelLost"), "UnexpectedEventType"),
            ("/specversion", json!("0.3"), "MalformedEvent"),
            ("/id", json!("another"), "MalformedEvent"),
            ("/time", json!("yesterday"), "MalformedEvent"),
            ("/data/weight", json!("-1"), "MalformedEvent"),
            ("/data/weight", json!(1.5), "MalformedEvent"),
            ("/data/parcel", json!("a b"), "MalformedEvent"),
            ("/data", json!([]), "MalformedEvent"),
        ] {
            let mut document = document();
            *document.pointer_mut(pointer).unwrap() = value;
            assert_eq!(parse(&document).unwrap_err().error_type(), error_type);
        }
    }

    #[test]
    fn errors_never_quote_the_message() {
        let mut document = document();
        document["data"]["parcel"] = "jane doe".into();
        assert!(!parse(&document).unwrap_err().to_string().contains("jane"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(body in ".{0,300}") {
            prop_assert!(Event::<ParcelSent>::parse(&body).is_err());
        }
    }
}
