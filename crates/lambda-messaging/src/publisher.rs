//! The publish-subscribe channel: events go onto an SNS topic in batches.
//!
//! ```no_run
//! use lambda_messaging::{
//!     Event, EventPayload, Failure,
//!     publisher::{Message, Publisher},
//! };
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct OrderPlaced {
//!     order: String,
//!     country: String,
//!     tags: Vec<String>,
//!     total: u32,
//! }
//! # impl EventPayload for OrderPlaced {
//! #     const TYPE: &'static str = "OrderPlaced";
//! #     fn id(&self) -> String { self.order.clone() }
//! #     fn subject(&self) -> String { self.order.clone() }
//! # }
//!
//! /// Subscribers filter by the event's type, and by what is added here.
//! fn message(event: &Event<OrderPlaced>) -> Result<Message, Failure> {
//!     let OrderPlaced { country, tags, total, .. } = &event.data;
//!     Ok(Message::from_event(event)?.text("country", country).texts("tags", tags).number("total", total))
//! }
//!
//! async fn publish(client: aws_sdk_sns::Client, events: &[Event<OrderPlaced>]) -> Result<(), Failure> {
//!     let publisher = Publisher::new(client, "arn:aws:sns:eu-west-1:123456789012:orders".to_owned());
//!     let messages = events.iter().map(message).collect::<Result<Vec<_>, _>>()?;
//!     // Each message has its own result; here the first failure is everyone's.
//!     publisher.publish(&messages).await.into_iter().collect()
//! }
//! ```
//!
//! The function may call `sns:Publish` on the topic.

mod message;

use std::time::Duration;

use aws_sdk_sns::{Client, types::PublishBatchRequestEntry};
use tracing::{info, warn};

pub use self::message::Message;
use crate::{
    Failure,
    batch::{self, Results},
    failure::Reason,
};

/// The limits of one call to SNS.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 256 * 1024;
const ATTEMPTS: u32 = 3;

/// A topic to publish to.
#[derive(Debug, Clone)]
pub struct Publisher {
    client: Client,
    topic_arn: String,
}

impl Publisher {
    /// A publisher to this topic.
    #[must_use]
    pub fn new(client: Client, topic_arn: String) -> Self {
        Self { client, topic_arn }
    }

    /// Publishes messages in as few calls as SNS allows, and returns a result for each, in their order. A message whose result is a
    /// failure may have been published all the same, so a caller that publishes it again relies on idempotent receivers.
    pub async fn publish(&self, messages: &[Message]) -> Results {
        batch::send(batches(messages), async |batch| {
            let published = self.with_retries(batch).await;
            for (n, Message { event_id, correlation_id, .. }) in batch.iter().enumerate() {
                match published.as_ref().map(|results| results.get(n)) {
                    Ok(Some(Err(failure))) | Err(failure) => {
                        let Reason { error_type, detail } = failure.reason();
                        warn!(event_id, %correlation_id, error_type, detail, "perhaps not published");
                    }
                    Ok(_) => info!(event_id, %correlation_id, "published"),
                }
            }
            published
        })
        .await
    }

    /// Publishes a batch, and retries the messages that failed and may succeed later.
    async fn with_retries(&self, batch: &[Message]) -> Result<Results, Failure> {
        let mut results: Results = vec![Ok(()); batch.len()];
        let mut failed = self.send(batch, (0..batch.len()).collect()).await?;
        for attempt in 2.. {
            let mut again = Vec::new();
            for (n, failure) in failed {
                if failure.is_retryable() {
                    again.push(n);
                }
                if let Some(result) = results.get_mut(n) {
                    *result = Err(failure);
                }
            }
            if again.is_empty() || attempt > ATTEMPTS {
                break;
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..50 << attempt))).await;
            // If the whole call fails, the messages keep their earlier failures.
            let Ok(still_failed) = self.send(batch, again.clone()).await else { break };
            for n in again {
                if let Some(result) = results.get_mut(n) {
                    *result = Ok(());
                }
            }
            failed = still_failed;
        }
        Ok(results)
    }

    /// Makes one call; returns the failures, each with the position of its message.
    async fn send(&self, batch: &[Message], positions: Vec<usize>) -> Result<Vec<(usize, Failure)>, Failure> {
        let entries = positions.into_iter().filter_map(|n| {
            let Message { body, attributes, .. } = batch.get(n)?;
            PublishBatchRequestEntry::builder()
                .id(n.to_string())
                .message(body)
                .set_message_attributes(Some(attributes.clone()))
                .build()
                .ok()
        });
        let call = self.client.publish_batch().topic_arn(&self.topic_arn);
        let sent = call.set_publish_batch_request_entries(Some(entries.collect())).send().await;
        let sent = sent.map_err(|error| Failure::aws("sns:PublishBatch", &error))?;
        let failed = sent.failed().iter().filter_map(|entry| {
            let detail = "the topic didn't take a message of the batch";
            Some((entry.id().parse().ok()?, Failure::batch_entry(entry.code(), entry.sender_fault(), detail)))
        });
        Ok(failed.collect())
    }
}

/// Splits messages into batches that fit into one call each.
fn batches(messages: &[Message]) -> impl Iterator<Item = &[Message]> {
    let mut rest = messages;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = rest.iter().take(MAX_ENTRIES).take_while(|message| {
            bytes += message.size();
            bytes <= MAX_BYTES
        });
        // A message that is too large for any call goes alone, and SNS refuses it.
        let count = fitting.count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(count);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests;
