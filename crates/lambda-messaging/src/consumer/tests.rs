use aws_sdk_sqs::{
    Client,
    operation::{
        change_message_visibility_batch::ChangeMessageVisibilityBatchOutput,
        send_message::{SendMessageError, SendMessageOutput},
    },
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use contracts::{RideCompleted, RideId};
use serde_json::json;

use super::*;
use crate::consumer::work::tests::Table;

/// Does to each ride what the name of its starting place says.
pub(super) struct ByPlace;

impl Receiver for ByPlace {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        match event.data.from.to_string().as_str() {
            "panic" => panic!("on purpose"),
            "transient" => Err(Failure::transient("Busy", "try later")),
            "permanent" => Err(Failure::permanent("Refused", "never")),
            _ => Ok(Effect::Made),
        }
    }
}

pub(super) fn ride(from: &str) -> String {
    let id = RideId::new().to_string();
    json!({
        "specversion": "1.0", "id": id, "source": "/test", "type": "RideCompleted", "correlationid": "c",
        "time": "2026-11-23T05:00:00Z",
        "data": {"ride": id, "customer": "cmr", "from": from, "to": "b", "duration": 1, "distance": "1", "fare": "1"},
    })
    .to_string()
}

/// A batch as Lambda hands it over; message ids are "0", "1", …
fn batch(bodies: &[String], receive_count: u32) -> SqsEvent {
    let records: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(|(n, body)| {
            json!({
                "messageId": n.to_string(), "receiptHandle": "r", "body": body,
                "attributes": {"ApproximateReceiveCount": receive_count.to_string()},
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:buffer",
            })
        })
        .collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

fn backed_off() -> ChangeMessageVisibilityBatchOutput {
    ChangeMessageVisibilityBatchOutput::builder()
        .set_successful(Some(vec![]))
        .set_failed(Some(vec![]))
        .build()
        .unwrap()
}

/// An SQS that takes everything, and the rules that count what it was asked.
fn sqs() -> (Queues, Rule, Rule) {
    let dead_letter = mock!(Client::send_message)
        .match_requests(|r| r.queue_url() == Some("http://sqs/1/buffer-dlq"))
        .then_output(|| SendMessageOutput::builder().build());
    let back_off = mock!(Client::change_message_visibility_batch)
        .match_requests(|r| r.queue_url() == Some("http://sqs/1/buffer"))
        .then_output(backed_off);
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&dead_letter, &back_off]);
    (Queues::one(client, "http://sqs/1/buffer", "http://sqs/1/buffer-dlq"), dead_letter, back_off)
}

/// A batch, and a minute to handle it.
async fn consumed(
    queues: &Queues,
    handler: &impl Handler,
    batch: SqsEvent,
) -> Result<SqsBatchResponse, Diagnostic> {
    let mut context = lambda_runtime::Context::default();
    context.deadline = u64::try_from(Timestamp::now().as_millisecond()).unwrap() + 60_000;
    consume(queues, &Table::default().attempts(), handler, LambdaEvent::new(batch, context)).await
}

async fn kept(queues: &Queues, batch: SqsEvent) -> Vec<String> {
    let response = consumed(queues, &One(ByPlace), batch).await.unwrap();
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

#[tokio::test]
async fn one_bad_message_never_holds_up_a_good_one() {
    let (queues, dead_letter, back_off) = sqs();
    let bodies =
        [ride("good"), ride("transient"), "{".to_owned(), ride("panic"), ride("permanent"), ride("good")];
    assert_eq!(
        kept(&queues, batch(&bodies, 1)).await,
        ["1", "3"],
        "what may succeed later stays in the queue"
    );
    assert_eq!(dead_letter.num_calls(), 2, "the mangled and the refused message can never succeed");
    assert_eq!(back_off.num_calls(), 1, "one call backs off all that stay");
}

#[tokio::test]
async fn a_message_that_can_not_be_dead_lettered_is_kept() {
    let failing = mock!(Client::send_message)
        .then_error(|| SendMessageError::generic(aws_sdk_sqs::error::ErrorMetadata::builder().build()));
    let back_off = mock!(Client::change_message_visibility_batch).then_output(backed_off);
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&failing, &back_off]);
    let queues = Queues::one(client, "http://sqs/1/buffer", "http://sqs/1/buffer-dlq");
    assert_eq!(kept(&queues, batch(&[ride("permanent")], 1)).await, ["0"]);
}

#[tokio::test]
async fn a_record_without_an_id_fails_the_invocation_loudly() {
    let (queues, ..) = sqs();
    let batch = serde_json::from_value(json!({"Records": [{"body": "{}"}]})).unwrap();
    let error = consumed(&queues, &One(ByPlace), batch).await.unwrap_err();
    assert_eq!(error.error_type, "NotAQueueMessage");
}

/// Answers for fewer events than it was given.
struct Forgetful;

impl BatchReceiver for Forgetful {
    async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
        events.iter().skip(1).map(|_| Ok(Effect::Made)).collect()
    }
}

#[tokio::test]
async fn no_answer_for_a_message_keeps_it() {
    let (queues, dead_letter, _) = sqs();
    let bodies = [ride("a"), "mangled".to_owned(), ride("b")];
    let response = consumed(&queues, &Batch(Forgetful), batch(&bodies, 1)).await.unwrap();
    let kept: Vec<_> = response.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect();
    assert_eq!(kept, ["2"]);
    assert_eq!(dead_letter.num_calls(), 1, "the mangled one");
}

/// Notes what it was given, in the order that it was given it, and does what the name of the place says.
#[derive(Default)]
struct Noting(std::sync::Mutex<Vec<String>>);

impl Receiver for &Noting {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        self.0.lock().unwrap().push(event.data.to.to_string());
        // Others get their turn, if it is theirs.
        tokio::task::yield_now().await;
        ByPlace.receive(event).await
    }
}

/// A batch of a FIFO queue, from groups, places and receive counts.
fn fifo(messages: &[(&str, &str, u32)]) -> SqsEvent {
    let bodies: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(n, (_, from, _))| ride(from).replace(r#""to":"b""#, &format!(r#""to":"{n}""#)))
        .collect();
    let mut event = batch(&bodies, 1);
    for (record, (group, _, receives)) in event.records.iter_mut().zip(messages) {
        record.attributes.insert("MessageGroupId".into(), (*group).to_owned());
        record.attributes.insert("ApproximateReceiveCount".into(), receives.to_string());
    }
    event
}

async fn kept_in_order(receiver: &Noting, queues: &Queues, batch: SqsEvent) -> Vec<String> {
    let response = consumed(queues, &EachGroup(receiver), batch).await.unwrap();
    let failures = response.batch_item_failures.into_iter();
    let mut kept: Vec<_> = failures.map(|failure| failure.item_identifier).collect();
    kept.sort_unstable();
    kept
}

#[tokio::test]
async fn a_failure_holds_up_its_group_and_no_other() {
    let (queues, dead_letter, back_off) = sqs();
    let receiver = Noting::default();
    let batch = fifo(&[
        ("a", "good", 1),
        ("b", "transient", 1),
        ("a", "good", 1),
        ("b", "good", 1),
        ("c", "panic", 1),
        ("b", "good", 1),
        ("c", "good", 1),
    ]);
    assert_eq!(kept_in_order(&receiver, &queues, batch).await, ["1", "3", "4", "5", "6"]);
    let mut attempted = receiver.0.into_inner().unwrap();
    attempted.sort_unstable();
    assert_eq!(attempted, ["0", "1", "2", "4"], "what stands behind a kept message is not attempted");
    assert_eq!((dead_letter.num_calls(), back_off.num_calls()), (0, 1));
}

#[tokio::test]
async fn a_dead_letter_lets_its_group_go_on() {
    let (queues, dead_letter, _) = sqs();
    let receiver = Noting::default();
    let batch = fifo(&[("a", "permanent", 1), ("a", "good", 1), ("b", "transient", 1), ("b", "good", 1)]);
    assert_eq!(kept_in_order(&receiver, &queues, batch).await, ["2", "3"]);
    assert_eq!((receiver.0.into_inner().unwrap().len(), dead_letter.num_calls()), (3, 1));
}

#[tokio::test]
async fn a_group_is_handled_in_its_order_and_groups_side_by_side() {
    let (queues, ..) = sqs();
    let receiver = Noting::default();
    let batch = fifo(&[("a", "good", 1), ("a", "good", 1), ("b", "good", 1), ("b", "good", 1)]);
    assert!(kept_in_order(&receiver, &queues, batch).await.is_empty());
    assert_eq!(receiver.0.into_inner().unwrap(), ["0", "2", "1", "3"]);
}

#[tokio::test]
async fn a_message_that_can_not_be_dead_lettered_holds_up_its_group() {
    let failing = mock!(Client::send_message)
        .then_error(|| SendMessageError::generic(aws_sdk_sqs::error::ErrorMetadata::builder().build()));
    let back_off = mock!(Client::change_message_visibility_batch).then_output(backed_off);
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&failing, &back_off]);
    let queues = Queues::one(client, "http://sqs/1/buffer", "http://sqs/1/buffer-dlq");
    let receiver = Noting::default();
    let batch = fifo(&[("a", "permanent", 1), ("a", "good", 1)]);
    assert_eq!(kept_in_order(&receiver, &queues, batch).await, ["0", "1"]);
}
