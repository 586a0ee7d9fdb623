//! The canonical message: a CloudEvents 1.0 document in structured mode, so a queue's message body is the event.

use std::fmt;

use contracts::{CorrelationId, EventPayload};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::Failure;

/// An event and its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<T> {
    /// The envelope's version.
    pub specversion: SpecVersion,
    /// The same for every publication of the same event.
    pub id: String,
    /// Who tells: `/wild-rydes/<service>`. `source` and `id` together name an event.
    pub source: String,
    /// What kind of event it is.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When it happened.
    pub time: Timestamp,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What everything that follows from one request has in common.
    pub correlationid: CorrelationId,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<TraceParent>,
    /// The event itself.
    pub data: T,
}

/// CloudEvents 1.0, the one version there is.
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
    pub fn to_json(&self) -> Result<String, Failure> {
        to_message(self).map_err(|error| Failure::permanent("MalformedEvent", error))
    }
}

/// JSON that any queue takes. Two characters are sound in JSON, and in what callers send, but make SQS refuse a whole
/// message; escaped they are the same to whoever reads it.
pub(crate) fn to_message(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string(value)?;
    Ok(json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

impl<T: Payload> Event<T> {
    /// Reads an event of the types that the payload is for. What isn't one can never become one, so the failure is
    /// permanent.
    pub fn parse(body: &str) -> Result<Self, Failure> {
        let Event { specversion, id, source, event_type, time, subject, correlationid, traceparent, data } =
            read::<Event<&RawValue>>(body)?;
        let data = T::read(&event_type, data.get())?;
        if id != data.event_id() {
            return Err(Failure::permanent("MalformedEvent", "the event's id is not that of its data"));
        }
        Ok(Self { specversion, id, source, event_type, time, subject, correlationid, traceparent, data })
    }
}

/// The data of the events that a receiver is for: one type, or an enum of several.
pub trait Payload: Sized {
    /// Reads the data of an event of this type.
    ///
    /// # Errors
    /// Permanent: `UnexpectedEventType` if the receiver isn't for it, `MalformedEvent` if it isn't what such an event
    /// holds.
    fn read(event_type: &str, data: &str) -> Result<Self, Failure>;

    /// The id that the event must have.
    fn event_id(&self) -> String;
}

impl<T: EventPayload + DeserializeOwned> Payload for T {
    fn read(event_type: &str, data: &str) -> Result<Self, Failure> {
        if event_type == T::TYPE { read(data) } else { Err(unexpected_type(&[T::TYPE])) }
    }

    fn event_id(&self) -> String {
        self.id()
    }
}

/// The failure of an event that is of none of these types.
#[must_use]
pub fn unexpected_type(expected: &[&str]) -> Failure {
    let detail = format_args!("expected an event of type {}", expected.join(" or ")).to_string();
    Failure::permanent("UnexpectedEventType", detail)
}

/// Reads any JSON; the failure says where it is wrong, but not what stands there.
pub fn read<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Failure> {
    serde_json::from_str(body).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "is not what an event looks like",
            _ => "is not JSON",
        };
        let at = format_args!("line {}, column {}", error.line(), error.column()).to_string();
        Failure::permanent("MalformedEvent", format_args!("the message {what} at {at}"))
    })
}

/// W3C trace context, version 00: `00-<trace id>-<span id>-<flags>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceParent {
    /// The start of a new, sampled trace.
    #[must_use]
    pub fn start() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), flags: 1 }
    }

    /// Reads a `traceparent` header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length| parts.next().filter(|p| p.len() == length && p.bytes().all(is_lower_hex));
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let context = Self {
            trace: u128::from_str_radix(trace, 16).ok()?,
            span: u64::from_str_radix(span, 16).ok()?,
            flags: u8::from_str_radix(flags, 16).ok()?,
        };
        (version == "00" && parts.next().is_none() && context.trace != 0 && context.span != 0)
            .then_some(context)
    }

    /// The same trace, one step on.
    #[must_use]
    pub fn child(self) -> Self {
        Self { span: fastrand::u64(1..), ..self }
    }
}

fn is_lower_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

impl TryFrom<String> for TraceParent {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a W3C traceparent")
    }
}

impl From<TraceParent> for String {
    fn from(context: TraceParent) -> Self {
        context.to_string()
    }
}

#[cfg(test)]
mod tests {
    use contracts::{RideCompleted, RideId};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn document() -> Value {
        let ride = RideId::new().to_string();
        json!({
            "specversion": "1.0", "id": ride, "source": "/wild-rydes/unicorn-management", "type": "RideCompleted",
            "time": "2026-11-23T05:00:00Z", "subject": format!("ride/{ride}"), "correlationid": "c-1",
            "traceparent": TraceParent::start().to_string(),
            "data": {"ride": ride, "customer": "cmr", "from": "Berlin", "to": "Frankfurt",
                     "duration": 420, "distance": "600", "fare": "256.50"},
        })
    }

    fn parse(document: &Value) -> Result<Event<RideCompleted>, Failure> {
        Event::parse(&document.to_string())
    }

    #[test]
    fn an_event_survives_the_wire() {
        let event = parse(&document()).unwrap();
        assert_eq!(Event::parse(&event.to_json().unwrap()).unwrap(), event);
    }

    #[test]
    fn what_no_queue_takes_travels_escaped_and_arrives_as_it_was() {
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
    fn mangled_events_fail_for_good_and_by_name() {
        for (pointer, value, error_type) in [
            ("/type", json!("RideStarted"), "UnexpectedEventType"),
            ("/specversion", json!("0.3"), "MalformedEvent"),
            ("/id", json!("another"), "MalformedEvent"),
            ("/time", json!("yesterday"), "MalformedEvent"),
            ("/data/fare", json!("-1"), "MalformedEvent"),
            ("/data/fare", json!(1.5), "MalformedEvent"),
            ("/data/customer", json!("a b"), "MalformedEvent"),
            ("/data", json!([]), "MalformedEvent"),
        ] {
            let mut document = document();
            *document.pointer_mut(pointer).unwrap() = value;
            let failure = parse(&document).unwrap_err();
            assert_eq!((failure.may_be_retried(), failure.reason().error_type.as_str()), (false, error_type));
        }
    }

    #[test]
    fn failures_never_quote_the_message() {
        let mut document = document();
        document["data"]["customer"] = "jane doe".into();
        assert!(!parse(&document).unwrap_err().to_string().contains("jane"));
    }

    #[test]
    fn trace_context_is_handed_on_and_checked() {
        let parent = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        let child = parent.child().to_string();
        assert!(child.starts_with("00-0af7651916cd43dd8448eb211c80319c-") && child != parent.to_string());
        for bad in [
            "",
            "00-0-0-0",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(TraceParent::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(body in ".{0,300}") {
            prop_assert!(Event::<RideCompleted>::parse(&body).is_err());
        }
    }
}
