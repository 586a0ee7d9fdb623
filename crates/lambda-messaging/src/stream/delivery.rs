//! One delivery of a record by its stream.

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use tracing::{Span, field::display, info_span};

use super::letter::Letter;
use crate::handling::Ids;

/// A record that a stream can deliver.
pub(super) trait StreamRecord {
    /// The data that is put into the dead-letter queue.
    fn letter(&self) -> Letter;

    /// The partition key, by which the data can be put into its stream again.
    fn partition_key(&self) -> Option<&str>;
}

pub(super) struct Delivery<T> {
    pub record: T,
    pub sequence_number: String,
    /// The id under which Lambda knows the record.
    pub record_id: String,
    /// The stream's ARN.
    pub stream: String,
    /// Records with the same key are handled in their order.
    pub key: String,
    /// The ids in the data, for logs and metrics.
    pub ids: Ids,
    /// The time when the record was put into the stream, if it is known.
    pub arrived_at: Option<Timestamp>,
}

impl<T> Delivery<T> {
    /// The span with the fields of every log line about this delivery. The partition key isn't one: it can be personal data.
    pub(super) fn span(&self) -> Span {
        let Self { record_id, sequence_number, ids: Ids { id, correlationid, .. }, .. } = self;
        let (event_id, correlation_id) = (id.as_ref().map(display), correlationid.as_ref().map(display));
        info_span!("delivery", message_id = record_id, sequence_number, event_id, correlation_id)
    }

    /// The time from which the latency counts: the event's time, or else the time when the record was put into the stream.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.ids.time.or(self.arrived_at)
    }
}

/// The sequence number of a record.
///
/// # Errors
/// If it is missing. Without it a failure of this record couldn't be reported, and the stream would go on behind it. So the whole
/// invocation fails.
pub(super) fn sequence_number(given: Option<String>) -> Result<String, Diagnostic> {
    given.filter(|number| !number.is_empty()).ok_or_else(|| Diagnostic {
        error_type: "NotAStreamRecord".to_owned(),
        error_message: "a record of the batch has no sequence number: is the event source a stream?"
            .to_owned(),
    })
}

/// A time of a stream, in milliseconds since 1970; `None` if the stream didn't give it.
pub(super) fn time(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok().filter(|time| *time != Timestamp::UNIX_EPOCH)
}
