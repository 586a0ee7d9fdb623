use aws_sdk_sns::{
    error::ErrorMetadata,
    operation::publish_batch::{PublishBatchError, PublishBatchInput, PublishBatchOutput},
    types::BatchResultErrorEntry,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

use super::*;
use crate::{CorrelationId, Event, SpecVersion};

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
async fn a_faulty_message_fails_alone_and_is_not_retried() {
    let topic = mock!(Client::publish_batch).then_output(|| failing("1", true));
    let published = publish(3, &topic).await;
    assert!(published[1].as_ref().is_err_and(|failure| !failure.is_retryable()));
    assert_eq!((&published[0], &published[2], topic.num_calls()), (&Ok(()), &Ok(()), 1));
}

#[tokio::test]
async fn a_retry_that_fails_leaves_the_other_messages_published() {
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
async fn the_messages_of_a_refused_call_are_published_one_by_one() {
    let is_refused = |r: &PublishBatchInput| r.publish_batch_request_entries().len() > 1;
    let all =
        mock!(Client::publish_batch).match_requests(is_refused).then_error(|| of_code("InvalidParameter"));
    let one = mock!(Client::publish_batch)
        .match_requests(move |r| !is_refused(r))
        .then_output(|| PublishBatchOutput::builder().build());
    let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [&all, &one]);
    let published = Publisher::new(client, "topic".into()).publish(&messages(3, 1)).await;
    assert_eq!((published, all.num_calls(), one.num_calls()), (vec![Ok(()); 3], 1, 3));
}

#[tokio::test]
async fn after_trouble_with_the_topic_no_further_call_is_made() {
    let topic = mock!(Client::publish_batch).then_error(|| of_code("InternalError"));
    let published = publish(25, &topic).await;
    assert!(published.len() == 25 && published.iter().flatten().next().is_none());
    assert_eq!(topic.num_calls(), 1);
}
