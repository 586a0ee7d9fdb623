use aws_sdk_sqs::{
    Client,
    operation::{
        change_message_visibility_batch::ChangeMessageVisibilityBatchOutput,
        send_message::{SendMessageError, SendMessageOutput},
    },
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde::{Deserialize, Serialize};
use serde_json::json;

use jiff::Timestamp;

use super::*;
use crate::consumer::work::tests::Table;
use crate::{Effect, Event, EventPayload, Failure, log_lines::LogLines};

/// Work for a receiver of these tests.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    id: String,
    /// The result that handling the task has: `transient`, `permanent`, `panic`; anything else succeeds.
    pub way: String,
    pub label: String,
}

impl EventPayload for Task {
    const TYPE: &'static str = "Task";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn subject(&self) -> String {
        self.id()
    }
}

/// Handles each task the way that the task says.
pub(super) struct HandlesAsTold;

impl Receiver for HandlesAsTold {
    type Payload = Task;

    async fn receive(&self, event: Event<Task>) -> Result<Effect, Failure> {
        match event.data.way.as_str() {
            "panic" => panic!("on purpose"),
            "transient" => Err(Failure::transient("Busy", "try later")),
            "permanent" => Err(Failure::permanent("Refused", "never")),
            _ => Ok(Effect::Made),
        }
    }
}

/// The message body of a task.
pub(super) fn task(way: &str, label: &str) -> String {
    json!({
        "specversion": "1.0", "id": "t", "source": "/test", "type": "Task", "correlationid": "c",
        "time": "2026-11-23T05:00:00Z", "data": {"id": "t", "way": way, "label": label},
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
    let response = consumed(queues, &One(HandlesAsTold), batch).await.unwrap();
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

#[tokio::test]
async fn one_bad_message_never_holds_up_a_good_one() {
    let (queues, dead_letter, back_off) = sqs();
    let bodies = [
        task("good", ""),
        task("transient", ""),
        "{".to_owned(),
        task("panic", ""),
        task("permanent", ""),
        task("good", ""),
    ];
    assert_eq!(
        kept(&queues, batch(&bodies, 1)).await,
        ["1", "3"],
        "messages that may succeed later stay in the queue"
    );
    assert_eq!(dead_letter.num_calls(), 2, "the malformed and the refused message can never succeed");
    assert_eq!(back_off.num_calls(), 1, "one call backs off all that stay");
}

#[tokio::test]
async fn a_message_that_can_not_be_dead_lettered_is_kept() {
    let failing = mock!(Client::send_message)
        .then_error(|| SendMessageError::generic(aws_sdk_sqs::error::ErrorMetadata::builder().build()));
    let back_off = mock!(Client::change_message_visibility_batch).then_output(backed_off);
    let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&failing, &back_off]);
    let queues = Queues::one(client, "http://sqs/1/buffer", "http://sqs/1/buffer-dlq");
    assert_eq!(kept(&queues, batch(&[task("permanent", "")], 1)).await, ["0"]);
}

#[tokio::test]
async fn a_record_without_an_id_fails_the_invocation_loudly() {
    let (queues, ..) = sqs();
    let batch = serde_json::from_value(json!({"Records": [{"body": "{}"}]})).unwrap();
    let error = consumed(&queues, &One(HandlesAsTold), batch).await.unwrap_err();
    assert_eq!(error.error_type, "NotAQueueMessage");
}

#[tokio::test]
async fn messages_that_are_not_events_fail_alone_too() {
    let (queues, dead_letter, _) = sqs();
    let receive = async |message: Message<'_>| match message.body {
        "panic" => panic!("on purpose"),
        "transient" => Err(Failure::transient("Busy", "try later")),
        "permanent" => Err(Failure::permanent("Refused", "never")),
        _ => Ok(Effect::Made),
    };
    let bodies = ["good", "panic", "permanent", "transient", "good"].map(str::to_owned);
    let response = consumed(&queues, &OneMessage(receive), batch(&bodies, 1)).await.unwrap();
    let kept: Vec<_> = response.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect();
    assert_eq!((kept, dead_letter.num_calls()), (vec!["1", "3"], 1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_message_does_not_delay_the_others_of_its_batch() {
    let (queues, ..) = sqs();
    let receive = async |_: Message<'_>| {
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        Ok(Effect::Made)
    };
    let begin = tokio::time::Instant::now();
    consumed(&queues, &OneMessage(receive), batch(&["a", "b", "c"].map(str::to_owned), 1)).await.unwrap();
    assert!(begin.elapsed() < std::time::Duration::from_secs(20), "one after the other takes 30 seconds");
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
    let bodies = [task("a", ""), "malformed".to_owned(), task("b", "")];
    let response = consumed(&queues, &Batch(Forgetful), batch(&bodies, 1)).await.unwrap();
    let kept: Vec<_> = response.batch_item_failures.iter().map(|f| f.item_identifier.as_str()).collect();
    assert_eq!(kept, ["2"]);
    assert_eq!(dead_letter.num_calls(), 1, "the malformed one");
}

/// Notes what it was given, in the order that it was given it, and handles each task the way that it says.
#[derive(Default)]
struct Noting(std::sync::Mutex<Vec<String>>);

impl Receiver for &Noting {
    type Payload = Task;

    async fn receive(&self, event: Event<Task>) -> Result<Effect, Failure> {
        self.0.lock().unwrap().push(event.data.label.clone());
        // Others get their turn, if it is theirs.
        tokio::task::yield_now().await;
        HandlesAsTold.receive(event).await
    }
}

/// A batch of a FIFO queue, from groups, ways and receive counts.
fn fifo(messages: &[(&str, &str, u32)]) -> SqsEvent {
    let bodies: Vec<_> =
        messages.iter().enumerate().map(|(n, (_, way, _))| task(way, &n.to_string())).collect();
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
    assert_eq!(attempted, ["0", "1", "2", "4"], "messages behind a kept one are not attempted");
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

#[tokio::test]
async fn the_line_about_a_result_names_the_queue_and_the_type_and_times_and_holds_no_payload() {
    let log = LogLines::start();
    let (queues, ..) = sqs();
    let no_type = task("good", "jane-doe").replace(r#""Task""#, r#""jane-doe's task""#);
    let mut batch = batch(&[task("good", "jane-doe"), task("permanent", "jane-doe"), no_type], 1);
    for record in &mut batch.records {
        record.attributes.insert("SentTimestamp".to_owned(), "1790000000000".to_owned());
    }
    consumed(&queues, &One(HandlesAsTold), batch).await.unwrap();
    let text = log.text();
    assert!(!text.contains("jane-doe"), "{text}");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let results = lines.iter().map(|line| &line["fields"]).filter(|fields| fields["outcome"].is_string());
    let seen: Vec<_> = results
        .map(|fields| {
            assert!(fields["took_ms"].is_u64(), "{fields}");
            ["message", "queue", "sent_at", "event_type"].map(|field| fields[field].as_str().unwrap_or("–"))
        })
        .collect();
    let sent_at = "2026-09-21T14:13:20Z";
    assert_eq!(
        seen,
        [
            ["handled", "buffer", sent_at, "Task"],
            ["failed", "buffer", sent_at, "Task"],
            ["failed", "buffer", sent_at, "–"],
        ]
    );
}
