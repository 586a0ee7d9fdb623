//! The publish-subscribe channel: events go onto an SNS topic in batches.

use std::{collections::HashMap, time::Duration};

use aws_sdk_sns::{
    Client,
    types::{MessageAttributeValue, PublishBatchRequestEntry},
};
use serde::Serialize;
use tracing::{info, warn};

use crate::{
    CorrelationId, Event, Failure,
    batch::{self, Results},
    failure::Reason,
};

/// The limits of one call to SNS.
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
    pub fn from_event<T: Serialize>(event: &Event<T>) -> Result<Self, Failure> {
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

    /// Publishes messages, in as few calls as SNS allows; says of each, in their order, whether the topic took it. One that
    /// failed may have been taken all the same, so a caller that publishes it again relies on idempotent receivers.
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

    /// A call can succeed for some messages and fail for others: those that may yet succeed are sent again.
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
            // If nothing comes of the whole call, they failed as they did before.
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

    /// One call; gives the positions of the messages that failed.
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
    use aws_sdk_sns::{
        error::ErrorMetadata,
        operation::publish_batch::{PublishBatchError, PublishBatchInput, PublishBatchOutput},
        types::BatchResultErrorEntry,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;
    use crate::SpecVersion;

    fn messages(count: usize, size: usize) -> Vec<Message> {
        let event = |_| Event { data: "x".repeat(size), ..event() };
        (0..count).map(event).map(|event| Message::from_event(&event).unwrap()).collect()
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

    /// Publishes so many messages to a topic that follows this rule.
    async fn publish(count: usize, topic: &Rule) -> Results {
        let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [topic]);
        Publisher::new(client, "topic".into()).publish(&messages(count, 1)).await
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
        let published = Publisher::new(client, "topic".into()).publish(&messages(3, 1)).await;
        assert_eq!((published, first.num_calls(), second.num_calls()), (vec![Ok(()); 3], 1, 1));
    }

    #[tokio::test]
    async fn gives_up_on_a_message_after_a_few_attempts_and_says_so() {
        let topic = mock!(Client::publish_batch).then_output(|| failing("0", false));
        let published = publish(2, &topic).await;
        assert!(published[0].as_ref().is_err_and(Failure::is_retryable) && published[1].is_ok());
        assert_eq!(topic.num_calls(), ATTEMPTS as usize);
    }

    #[tokio::test]
    async fn a_fault_of_a_message_is_its_own_and_not_retried() {
        let topic = mock!(Client::publish_batch).then_output(|| failing("1", true));
        let published = publish(3, &topic).await;
        assert!(published[1].as_ref().is_err_and(|failure| !failure.is_retryable()));
        assert_eq!((&published[0], &published[2], topic.num_calls()), (&Ok(()), &Ok(()), 1));
    }

    #[tokio::test]
    async fn trouble_while_some_are_sent_again_leaves_the_others_published() {
        let first = mock!(Client::publish_batch).then_output(|| failing("1", false));
        let second = mock!(Client::publish_batch).then_error(|| of_code("InvalidParameter"));
        let client = mock_client!(aws_sdk_sns, RuleMode::Sequential, [&first, &second]);
        let published = Publisher::new(client, "topic".into()).publish(&messages(2, 1)).await;
        assert!(published[0].is_ok() && published[1].as_ref().is_err_and(Failure::is_retryable));
    }

    fn of_code(code: &str) -> PublishBatchError {
        PublishBatchError::generic(ErrorMetadata::builder().code(code).build())
    }

    #[tokio::test]
    async fn a_call_that_is_refused_for_one_message_is_refused_for_no_other() {
        let is_refused = |r: &PublishBatchInput| r.publish_batch_request_entries().len() > 1;
        let all = mock!(Client::publish_batch)
            .match_requests(is_refused)
            .then_error(|| of_code("InvalidParameter"));
        let one = mock!(Client::publish_batch)
            .match_requests(move |r| !is_refused(r))
            .then_output(|| PublishBatchOutput::builder().build());
        let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&all, &one]);
        let published = Publisher::new(client, "topic".into()).publish(&messages(3, 1)).await;
        assert_eq!((published, all.num_calls(), one.num_calls()), (vec![Ok(()); 3], 1, 3));
    }

    #[tokio::test]
    async fn trouble_with_the_topic_is_not_asked_for_again() {
        let topic = mock!(Client::publish_batch).then_error(|| of_code("InternalError"));
        let published = publish(25, &topic).await;
        assert!(published.len() == 25 && published.iter().flatten().next().is_none());
        assert_eq!(topic.num_calls(), 1);
    }
}
