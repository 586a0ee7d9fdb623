//! One delivery of a message by a queue.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use tracing::{Span, field::display, info_span};

use crate::handling::{Handled, Ids};

pub(super) struct Delivery {
    pub message_id: String,
    pub receipt_handle: String,
    /// The number of receives, including this one.
    pub receive_count: u32,
    pub past: EarlierAttempts,
    pub queue_name: String,
    /// The message group. Every message of a FIFO queue has one; a message of a standard queue may have one.
    pub group: Option<String>,
    /// The X-Ray trace that the message belongs to.
    pub trace_header: Option<String>,
    /// The time when the message was put into the queue, by the queue's clock.
    pub sent_at: Timestamp,
    pub body: String,
    /// The ids in the body, for logs and metrics.
    pub ids: Ids,
    pub attributes: Vec<(String, SqsMessageAttribute)>,
}

/// The earlier attempts at a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct EarlierAttempts {
    pub attempts: u32,
    /// True if the last attempt never ended: the function was killed, because of this message or of another one in its batch.
    pub unended: bool,
}

impl TryFrom<SqsMessage> for Delivery {
    type Error = Diagnostic;

    /// # Errors
    /// If the ids that the queue adds are missing. Without them a failure of this message couldn't be reported, and the queue would
    /// delete it. So the whole invocation fails.
    fn try_from(message: SqsMessage) -> Result<Self, Diagnostic> {
        let missing = |what: &str| Diagnostic {
            error_type: "NotAQueueMessage".to_owned(),
            error_message: format!("a record of the batch has no {what}: is the event source an SQS queue?"),
        };
        let receive_count = message.attributes.get("ApproximateReceiveCount").and_then(|n| n.parse().ok());
        let sent_at = message.attributes.get("SentTimestamp").and_then(|n| n.parse().ok());
        let queue_name = message.event_source_arn.as_deref().and_then(|arn| arn.rsplit(':').next());
        let body = message.body.unwrap_or_default();
        Ok(Self {
            ids: Ids::read(body.as_bytes()),
            body,
            receive_count: receive_count.unwrap_or(1),
            past: EarlierAttempts::default(),
            sent_at: sent_at
                .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                .unwrap_or_else(Timestamp::now),
            group: message.attributes.get("MessageGroupId").cloned(),
            trace_header: message.attributes.get("AWSTraceHeader").cloned(),
            queue_name: queue_name.ok_or_else(|| missing("eventSourceARN"))?.to_owned(),
            message_id: message.message_id.ok_or_else(|| missing("messageId"))?,
            receipt_handle: message.receipt_handle.ok_or_else(|| missing("receiptHandle"))?,
            attributes: message.message_attributes.into_iter().collect(),
        })
    }
}

impl Delivery {
    /// The span with the fields of every log line about this delivery.
    pub(super) fn span(&self) -> Span {
        let Self { message_id, receive_count, ids: Ids { id, correlationid, .. }, .. } = self;
        let (event_id, correlation_id) = (id.as_ref().map(display), correlationid.as_ref().map(display));
        info_span!("delivery", message_id, receive_count, event_id, correlation_id)
    }

    /// The message, for the line about its result.
    pub(super) fn handled(&self, took: Option<Duration>) -> Handled<'_> {
        Handled {
            queue: Some(&self.queue_name),
            event_type: self.ids.event_type.as_ref(),
            sent_at: Some(self.sent_at),
            took,
        }
    }

    /// The time from which the latency counts: the event's time, or else the time when the message was put into the queue.
    pub(super) fn since(&self) -> Timestamp {
        self.ids.time.unwrap_or(self.sent_at)
    }
}
