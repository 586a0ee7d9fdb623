//! One delivery of a message by a queue.

use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Deserialize;
use tracing::{Span, field::display, info_span};

use crate::CorrelationId;

pub(super) struct Delivery {
    pub message_id: String,
    pub receipt_handle: String,
    /// How often the message was received, this time included.
    pub receive_count: u32,
    /// The earlier attempts at it.
    pub past: EarlierAttempts,
    pub queue_name: String,
    /// The message group: every message of a FIFO queue has one, others may.
    pub group: Option<String>,
    /// The X-Ray trace that it belongs to.
    pub trace_header: Option<String>,
    /// When the message was put into the queue, by the queue's clock.
    pub sent_at: Timestamp,
    pub body: String,
    /// The ids in the body by which people and machines follow it.
    pub ids: Ids,
    pub attributes: Vec<(String, SqsMessageAttribute)>,
}

/// The earlier attempts at a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct EarlierAttempts {
    pub attempts: u32,
    /// The last attempt never ended: its function was killed, over this message or over one beside it.
    pub unended: bool,
}

impl TryFrom<SqsMessage> for Delivery {
    type Error = Diagnostic;

    /// # Errors
    /// If what the queue itself adds is missing. Without it a failure couldn't be reported for this one message,
    /// and reporting none would delete it: so the whole invocation fails, loudly.
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
            ids: serde_json::from_str(&body).unwrap_or_default(),
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
    /// The fields of every log line about it.
    pub(super) fn span(&self) -> Span {
        let Self { message_id, receive_count, ids: Ids { id, correlationid, .. }, .. } = self;
        let (event_id, correlation_id) = (id.as_ref().map(display), correlationid.as_ref().map(display));
        info_span!("delivery", message_id, receive_count, event_id, correlation_id)
    }

    /// Since when there has been something to do: since the event, or since somebody put the message into the queue.
    pub(super) fn since(&self) -> Timestamp {
        self.ids.time.unwrap_or(self.sent_at)
    }
}

/// What an event's envelope says, as far as the message is an event and what it says is sound.
#[derive(Default, Deserialize)]
pub(super) struct Ids {
    #[serde(default)]
    id: Option<CorrelationId>,
    #[serde(default)]
    correlationid: Option<CorrelationId>,
    #[serde(default)]
    time: Option<Timestamp>,
}
