//! The publish-subscribe channel: events go onto an SNS topic in batches.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sns::{
    Client,
    types::{MessageAttributeValue, PublishBatchRequestEntry},
};

use domain::CorrelationId;
use serde::Serialize;
use tracing::{info, warn};

use crate::{Event, Failure, failure::Reason};

/// What SNS takes in one call.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 256 * 1024;
const ATTEMPTS: u32 = 3;

/// An event on its way to a topic.
#[derive(Debug, Clone)]
pub struct Message {
    event_id: String,
    correlation_id: CorrelationId,
    body: String,
    attributes: HashMap<String, MessageAttributeValue>,
}

impl Message {
    /// An event, and its type as an attribute that subscribers can filter by.
    pub fn of<T: Serialize>(event: &Event<T>) -> Result<Self, Failure> {
        let message = Self {
            event_id: event.id.clone(),
            correlation_id: event.correlationid.clone(),
            body: event.to_json()?,
            attributes: HashMap::new(),
        };
        Ok(message.text("type", event.event_type.as_str()))
    }

    /// Adds a string that subscribers can filter by.
    #[must_use]
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.attribute(name, "String", value.into())
    }

    /// Adds a list of strings; a subscriber's filter passes if it names any of them.
    #[must_use]
    pub fn texts(self, name: &str, values: &[impl AsRef<str>]) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        self.attribute(name, "String.Array", serde_json::json!(values).to_string())
    }

    /// Adds a number that subscribers can filter by.
    #[must_use]
    pub fn number(self, name: &str, value: &impl ToString) -> Self {
        self.attribute(name, "Number", value.to_string())
    }

    fn attribute(mut self, name: &str, data_type: &str, value: String) -> Self {
        let value = MessageAttributeValue::builder().data_type(data_type).string_value(value).build();
        self.attributes.extend(value.ok().map(|value| (name.to_owned(), value)));
        self
    }

    /// Attributes count towards the size of a batch.
    fn size(&self) -> usize {
        let text = |value: &MessageAttributeValue| {
            value.data_type().len() + value.string_value().map_or(0, str::len)
        };
        self.body.len() + self.attributes.iter().map(|(name, value)| name.len() + text(value)).sum::<usize>()
    }
}

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

    /// Publishes all of them, in as few calls as SNS allows. A call can succeed for some messages and fail for
    /// others: only those that failed are sent again.
    ///
    /// # Errors
    /// If any message couldn't be published. The others may have been, so the caller publishes all of them again
    /// and relies on receivers being idempotent.
    pub async fn publish(&self, messages: &[Message]) -> Result<(), Failure> {
        for batch in batches(messages) {
            if let Err(failure) = self.publish_batch(batch).await {
                let Reason { error_type, detail } = failure.reason();
                for Message { event_id, correlation_id, .. } in batch {
                    warn!(event_id, %correlation_id, error_type, detail, "perhaps not published");
                }
                return Err(failure);
            }
        }
        Ok(())
    }

    async fn publish_batch(&self, batch: &[Message]) -> Result<(), Failure> {
        let mut pending: Vec<usize> = (0..batch.len()).collect();
        for attempt in 1.. {
            let failed = self.send(batch, &pending).await?;
            let sent = pending.iter().filter(|n| failed.iter().all(|(unsent, _)| unsent != *n));
            for Message { event_id, correlation_id, .. } in sent.filter_map(|&n| batch.get(n)) {
                info!(event_id, %correlation_id, "published");
            }
            let Some((_, failure)) = failed.first() else {
                return Ok(());
            };
            if attempt == ATTEMPTS || !failed.iter().all(|(_, failure)| failure.may_be_retried()) {
                return Err(failure.clone());
            }
            pending = failed.into_iter().map(|(n, _)| n).collect();
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..100 << attempt))).await;
        }
        Ok(())
    }

    /// One call; gives the positions of the messages that failed.
    async fn send(&self, batch: &[Message], pending: &[usize]) -> Result<Vec<(usize, Failure)>, Failure> {
        let entries = pending.iter().filter_map(|&n| {
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
            let failure = if entry.sender_fault() {
                Failure::permanent(entry.code(), detail)
            } else {
                Failure::transient(entry.code(), detail)
            };
            Some((entry.id().parse().ok()?, failure))
        });
        Ok(failed.collect())
    }
}

/// Splits into runs that fit into one call each.
fn batches(messages: &[Message]) -> impl Iterator<Item = &[Message]> {
    let mut rest = messages;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = rest.iter().take(MAX_ENTRIES).take_while(|message| {
            bytes += message.size();
            bytes <= MAX_BYTES
        });
        // A message that fits into no call goes alone, and SNS says so.
        let count = fitting.count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(count);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::{operation::publish_batch::PublishBatchOutput, types::BatchResultErrorEntry};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::event::SpecVersion;

    fn messages(count: usize, size: usize) -> Vec<Message> {
        let event = |_| Event { data: "x".repeat(size), ..event() };
        (0..count).map(event).map(|event| Message::of(&event).unwrap()).collect()
    }

    fn event() -> Event<String> {
        Event {
            specversion: SpecVersion::V1,
            id: "1".to_owned(),
            source: "/test".to_owned(),
            event_type: "Test".to_owned(),
            time: "2026-11-24T16:00:00Z".parse().unwrap(),
            subject: None,
            correlationid: CorrelationId::parse("c-1").unwrap(),
            traceparent: None,
            data: String::new(),
        }
    }

    #[test]
    fn batches_hold_what_one_call_takes() {
        let sizes = |messages: &[Message]| batches(messages).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&messages(25, 100)), [10, 10, 5]);
        assert_eq!(sizes(&messages(5, 100 * 1024)), [2, 2, 1]);
        assert_eq!(sizes(&messages(2, 300 * 1024)), [1, 1]);
    }

    fn failing(id: &str, sender_fault: bool) -> PublishBatchOutput {
        let entry = BatchResultErrorEntry::builder().id(id).code("InternalError").sender_fault(sender_fault);
        PublishBatchOutput::builder().failed(entry.build().unwrap()).build()
    }

    #[tokio::test]
    async fn only_failed_messages_are_sent_again() {
        let first = mock!(Client::publish_batch)
            .match_requests(|r| r.publish_batch_request_entries().len() == 3)
            .then_output(|| failing("1", false));
        let second = mock!(Client::publish_batch)
            .match_requests(|r| matches!(r.publish_batch_request_entries(), [only] if only.id() == "1"))
            .then_output(|| PublishBatchOutput::builder().build());
        let client = mock_client!(aws_sdk_sns, RuleMode::Sequential, [&first, &second]);
        Publisher::new(client, "topic".into()).publish(&messages(3, 1)).await.unwrap();
        assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
    }

    #[tokio::test]
    async fn gives_up_after_a_few_attempts_and_says_so() {
        let rule = mock!(Client::publish_batch).then_output(|| failing("0", false));
        let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&rule]);
        let failure = Publisher::new(client, "topic".into()).publish(&messages(1, 1)).await.unwrap_err();
        assert!(failure.may_be_retried());
        assert_eq!(rule.num_calls(), ATTEMPTS as usize);
    }

    #[tokio::test]
    async fn a_fault_of_the_message_is_not_retried() {
        let rule = mock!(Client::publish_batch).then_output(|| failing("0", true));
        let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&rule]);
        let failure = Publisher::new(client, "topic".into()).publish(&messages(1, 1)).await.unwrap_err();
        assert!(!failure.may_be_retried());
        assert_eq!(rule.num_calls(), 1);
    }
}
