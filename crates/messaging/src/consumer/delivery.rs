//! One delivery of a message by a queue.

use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use domain::CorrelationId;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Deserialize;

pub(super) struct Delivery {
    pub message_id: String,
    pub receipt_handle: String,
    /// How often the message was received, this time included.
    pub receive_count: u32,
    pub queue_name: String,
    /// The message group, if the queue is a FIFO queue.
    pub group: Option<String>,
    /// When the message was put into the queue, by the queue's clock.
    pub sent_at: Timestamp,
    pub body: String,
    pub attributes: Vec<(String, SqsMessageAttribute)>,
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
        Ok(Self {
            receive_count: receive_count.unwrap_or(1),
            sent_at: sent_at
                .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                .unwrap_or_else(Timestamp::now),
            group: message.attributes.get("MessageGroupId").cloned(),
            queue_name: queue_name.ok_or_else(|| missing("eventSourceARN"))?.to_owned(),
            message_id: message.message_id.ok_or_else(|| missing("messageId"))?,
            receipt_handle: message.receipt_handle.ok_or_else(|| missing("receiptHandle"))?,
            body: message.body.unwrap_or_default(),
            attributes: message.message_attributes.into_iter().collect(),
        })
    }
}

/// The ids that a log line names, as far as the message has sound ones.
#[derive(Default, Deserialize)]
pub(super) struct Ids {
    #[serde(default)]
    id: Option<CorrelationId>,
    #[serde(default)]
    correlationid: Option<CorrelationId>,
}

impl Ids {
    pub(super) fn of(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_default()
    }

    pub(super) fn event(&self) -> Option<String> {
        self.id.as_ref().map(ToString::to_string)
    }

    pub(super) fn correlation(&self) -> Option<String> {
        self.correlationid.as_ref().map(ToString::to_string)
    }
}
