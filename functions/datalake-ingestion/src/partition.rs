//! The partitions of the data lake.

use jiff::{civil::Date, tz::TimeZone};
use lambda_messaging::{Failure, consumer::AnyEvent, is_token};

/// The events of one type and one day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Partition {
    pub event_type: String,
    pub date: Date,
}

impl Partition {
    /// The partition of an event. The type becomes part of a path, so it must be a plain word.
    ///
    /// # Errors
    /// Permanent `MalformedEvent` if the type is not a plain word.
    pub(crate) fn from_event(event: &AnyEvent) -> Result<Self, Failure> {
        if !is_token(&event.event_type) {
            return Err(Failure::permanent("MalformedEvent", "the event's type can't be part of a path"));
        }
        Ok(Self { event_type: event.event_type.clone(), date: event.time.to_zoned(TimeZone::UTC).date() })
    }
}
