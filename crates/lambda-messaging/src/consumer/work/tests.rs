use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::operation::{
    batch_get_item::{BatchGetItemError, BatchGetItemInput, BatchGetItemOutput},
    update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput},
};
use aws_sdk_sqs::operation::{
    change_message_visibility_batch::ChangeMessageVisibilityBatchOutput, send_message::SendMessageOutput,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::sleep};

use super::super::{
    AnyEvent, BatchReceiver, Receiver, consume,
    handler::{Batch, EachGroup, Handler, One},
    tests::{HandlesAsTold, Task, task},
};
use super::*;
use crate::{
    Event,
    consumer::delivery::EarlierAttempts,
    dead_letter_reason::REASON,
    item::{number, text},
};

/// A table of attempts in memory.
#[derive(Clone, Default)]
pub(in crate::consumer) struct Table(Arc<Mutex<HashMap<String, EarlierAttempts>>>);

impl Table {
    pub(in crate::consumer) fn attempts(&self) -> Attempts {
        let (reads, writes) = (self.clone(), self.clone());
        let read = mock!(aws_sdk_dynamodb::Client::batch_get_item)
            .then_compute_output(move |asked| reads.read(asked));
        let write = mock!(aws_sdk_dynamodb::Client::update_item)
            .then_compute_output(move |asked| writes.write(asked));
        Attempts::at(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&read, &write]))
    }

    fn read(&self, asked: &BatchGetItemInput) -> BatchGetItemOutput {
        let rows = self.0.lock().unwrap();
        let keys = asked.request_items().unwrap()["attempts"].keys();
        let items = keys.iter().filter_map(|key| {
            let past = rows.get(key["message"].as_s().unwrap())?;
            let mut item = key.clone();
            item.insert("attempts".into(), number(past.attempts));
            if past.unended {
                item.insert("unended".into(), text("since"));
            }
            Some(item)
        });
        BatchGetItemOutput::builder().responses("attempts", items.collect()).build()
    }

    fn write(&self, asked: &UpdateItemInput) -> UpdateItemOutput {
        let mut rows = self.0.lock().unwrap();
        let row = rows.entry(asked.key().unwrap()["message"].as_s().unwrap().clone()).or_default();
        let change: i32 =
            asked.expression_attribute_values().unwrap()[":change"].as_n().unwrap().parse().unwrap();
        row.attempts = row.attempts.strict_add_signed(change);
        let expression = asked.update_expression().unwrap();
        if expression.contains("unended = ") {
            row.unended = true;
        } else if expression.contains("REMOVE unended") {
            row.unended = false;
        }
        UpdateItemOutput::builder().attributes("attempts", number(row.attempts)).build()
    }

    fn rows(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A message, as its queue knows it.
struct Waiting {
    id: String,
    body: String,
    group: Option<&'static str>,
    receives: u32,
}

/// A queue that gives all it has, again and again, to a function that may be killed.
#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    table: Table,
    letters: Arc<Mutex<Vec<String>>>,
    /// For how long each message was to wait when it was kept last, by its id.
    waits: Arc<Mutex<BTreeMap<String, i32>>>,
}

/// The outcome of one delivery, by message ids.
#[derive(Debug, PartialEq, Eq)]
enum Delivered {
    Kept(Vec<String>),
    Killed,
}

impl Queue {
    fn of(ways: &[&str]) -> Self {
        Self::in_groups(&ways.iter().map(|way| (None, *way)).collect::<Vec<_>>())
    }

    fn in_groups(messages: &[(Option<&'static str>, &str)]) -> Self {
        let waiting = messages.iter().enumerate().map(|(n, (group, way))| Waiting {
            id: n.to_string(),
            body: task(way, &n.to_string()),
            group: *group,
            receives: 0,
        });
        Self { waiting: waiting.collect(), ..Self::default() }
    }

    fn queues(&self) -> Queues {
        let (letters, waits) = (self.letters.clone(), self.waits.clone());
        let dead_letter = mock!(aws_sdk_sqs::Client::send_message).then_compute_output(move |letter| {
            let reason = letter.message_attributes().unwrap()[REASON].string_value().unwrap();
            let reason: Value = serde_json::from_str(reason).unwrap();
            letters.lock().unwrap().push(reason["errorType"].as_str().unwrap().to_owned());
            SendMessageOutput::builder().build()
        });
        let delay =
            mock!(aws_sdk_sqs::Client::change_message_visibility_batch).then_compute_output(move |asked| {
                let waiting = asked.entries().iter();
                let waiting = waiting
                    .map(|entry| (entry.receipt_handle().to_owned(), entry.visibility_timeout().unwrap()));
                waits.lock().unwrap().extend(waiting);
                let done = ChangeMessageVisibilityBatchOutput::builder();
                done.set_successful(Some(vec![])).set_failed(Some(vec![])).build().unwrap()
            });
        let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&dead_letter, &delay]);
        Queues::one(client, "http://sqs/1/buffer", "http://sqs/1/buffer-dlq")
    }

    /// Receives, as a throttled event source does: nothing comes of it.
    fn receive_in_vain(&mut self, times: u32) {
        self.waiting.iter_mut().for_each(|message| message.receives += times);
    }

    async fn deliver(&mut self, handler: &impl Handler, time: Duration, killed: &Notify) -> Delivered {
        self.deliver_with(handler, time, killed, &self.table.attempts()).await
    }

    async fn deliver_with(
        &mut self,
        handler: &impl Handler,
        time: Duration,
        killed: &Notify,
        attempts: &Attempts,
    ) -> Delivered {
        self.receive_in_vain(1);
        let records = self.waiting.iter().map(|message| {
            let mut attributes = json!({"ApproximateReceiveCount": message.receives.to_string()});
            if let Some(group) = message.group {
                attributes["MessageGroupId"] = group.into();
            }
            json!({
                "messageId": message.id, "receiptHandle": message.id, "body": message.body,
                "attributes": attributes, "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:buffer",
            })
        });
        let records: Vec<_> = records.collect();
        let batch: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
        let mut context = Context::default();
        let deadline = Timestamp::now() + time;
        context.deadline = u64::try_from(deadline.as_millisecond()).unwrap();
        let queues = self.queues();
        let response = tokio::select! {
            response = consume(&queues, attempts, handler, LambdaEvent::new(batch, context)) => response.unwrap(),
            () = killed.notified() => return Delivered::Killed,
        };
        assert!(Timestamp::now() < deadline, "the function stops before it is stopped");
        let failures = response.batch_item_failures.into_iter();
        let mut kept: Vec<_> = failures.map(|failure| failure.item_identifier).collect();
        kept.sort_unstable();
        self.waiting.retain(|message| kept.contains(&message.id));
        Delivered::Kept(kept)
    }

    fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }

    fn waits(&self) -> Vec<i32> {
        self.waits.lock().unwrap().values().copied().collect()
    }
}

/// Does what [`HandlesAsTold`] does, and some more.
#[derive(Default)]
struct Rough {
    /// The numbers of the messages that were attempted.
    attempted: Mutex<Vec<String>>,
    killed: Notify,
}

impl Receiver for &Rough {
    type Payload = Task;

    async fn receive(&self, event: Event<Task>) -> Result<Effect, Failure> {
        self.attempted.lock().unwrap().push(event.data.label.clone());
        match event.data.way.as_str() {
            "deadly" => {
                self.killed.notify_one();
                std::future::pending().await
            }
            "endless" => std::future::pending().await,
            "slow" => {
                sleep(Duration::from_millis(60)).await;
                Ok(Effect::Made)
            }
            "throttled" => Err(throttled()),
            _ => HandlesAsTold.receive(event).await,
        }
    }
}

fn throttled() -> Failure {
    Failure::throttled("TooManyRequestsException", "ses:SendEmail was throttled")
}

impl Rough {
    fn attempted(&self) -> Vec<String> {
        self.attempted.lock().unwrap().clone()
    }
}

const AMPLE: Duration = Duration::from_mins(1);

fn kept(ids: &[&str]) -> Delivered {
    Delivered::Kept(ids.iter().map(|id| (*id).to_owned()).collect())
}

#[tokio::test]
async fn a_message_that_ends_well_at_once_costs_nothing_more() {
    let (mut queue, rough) = (Queue::of(&["good", "permanent"]), Rough::default());
    assert_eq!(queue.deliver(&One(&rough), AMPLE, &rough.killed).await, kept(&[]));
    assert_eq!(queue.table.rows(), 0);
}

#[tokio::test]
async fn a_message_is_set_aside_after_five_attempts_however_often_it_was_received() {
    let (mut queue, rough) = (Queue::of(&["transient"]), Rough::default());
    for bound in [2, 8, 32, 128] {
        queue.receive_in_vain(40);
        assert_eq!(queue.deliver(&One(&rough), AMPLE, &rough.killed).await, kept(&["0"]));
        assert!(queue.waits().iter().all(|wait| (1..=bound).contains(wait)), "{:?}", queue.waits());
        assert!(queue.letters().is_empty());
    }
    queue.receive_in_vain(40);
    assert_eq!(queue.deliver(&One(&rough), AMPLE, &rough.killed).await, kept(&[]));
    assert_eq!((rough.attempted().len(), queue.letters()), (5, vec!["Busy".to_owned()]));
}

#[tokio::test]
async fn throttling_is_waited_out_for_as_long_as_a_message_may_live() {
    let two_weeks = 14 * 24 * 60 * 60;
    for group in [None, Some("a")] {
        let (mut queue, rough) = (Queue::in_groups(&[(group, "throttled")]), Rough::default());
        let (mut waited, mut receives) = (0, 0);
        while waited < two_weeks {
            assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["0"]));
            let wait = queue.waits()[0];
            waited += wait;
            receives += 1;
            assert!(wait <= 900 || receives > 100, "nothing has waited for long yet: {wait}");
        }
        assert!(
            (300..1000).contains(&receives),
            "a backlog asks seldom, and its queue doesn't give it up: {receives}"
        );
        // Then something else goes wrong: all attempts are left for that.
        queue.waiting[0].body = task("transient", "");
        for _ in 0..4 {
            assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["0"]));
        }
        assert!(queue.letters().is_empty());
        assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&[]));
        assert_eq!(queue.letters(), ["Busy"]);
    }
}

#[tokio::test]
async fn a_throttled_call_is_not_made_for_the_next_messages() {
    let messages = [(Some("a"), "slow"), (Some("b"), "throttled"), (Some("a"), "good"), (Some("b"), "good")];
    let (mut queue, rough) = (Queue::in_groups(&messages), Rough::default());
    queue.receive_in_vain(30);
    assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["1", "2", "3"]));
    assert_eq!(rough.attempted(), ["0", "1"], "what was begun beside it ends");
    assert!(queue.waits().iter().all(|wait| (1..=60).contains(wait)), "a group waits: {:?}", queue.waits());
}

#[tokio::test]
async fn messages_behind_a_throttled_call_do_not_come_back_together() {
    let (mut queue, rough) = (Queue::of(&["throttled"; 10]), Rough::default());
    queue.receive_in_vain(30);
    queue.deliver(&One(&rough), AMPLE, &rough.killed).await;
    let waits: BTreeSet<i32> = queue.waits().into_iter().collect();
    assert!(waits.len() > 5, "{waits:?}");
    assert!(waits.iter().all(|wait| (1..=240).contains(wait)), "{waits:?}");
}

#[tokio::test]
async fn what_kills_its_function_is_set_aside_and_takes_nobody_along() {
    let mut places = ["good"; 10];
    places[4] = "deadly";
    let (mut queue, rough) = (Queue::of(&places), Rough::default());
    let mut kills = 0;
    while queue.deliver(&One(&rough), AMPLE, &rough.killed).await == Delivered::Killed {
        kills += 1;
        assert!(kills < 10, "it kills for ever");
    }
    assert!(queue.waiting.is_empty(), "all others ended well");
    assert_eq!((kills, queue.letters()), (6, vec!["FunctionKilled".to_owned()]));
    let attempts_of = |id: &str| rough.attempted().iter().filter(|attempted| *attempted == id).count();
    assert_eq!(attempts_of("4"), 6, "the first goes unseen");
}

#[tokio::test]
async fn what_was_killed_along_has_lost_no_more_than_that_attempt() {
    // Nine transient failures beside a killer: each has its own attempts all the same.
    let mut places = ["transient"; 10];
    places[9] = "deadly";
    let (mut queue, rough) = (Queue::of(&places), Rough::default());
    for _ in 0..20 {
        queue.deliver(&One(&rough), AMPLE, &rough.killed).await;
    }
    let mut letters = queue.letters();
    letters.dedup();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters, ["Busy", "FunctionKilled"], "each for its own reason: {:?}", queue.letters());
}

#[tokio::test]
async fn a_group_with_a_killer_takes_no_other_along() {
    let messages = [
        (Some("a"), "good"),
        (Some("b"), "good"),
        (Some("a"), "deadly"),
        (Some("a"), "good"),
        (Some("b"), "good"),
        (Some("c"), "slow"),
    ];
    let (mut queue, rough) = (Queue::in_groups(&messages), Rough::default());
    let mut kills = 0;
    while queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await == Delivered::Killed {
        kills += 1;
        assert!(kills < 10, "it kills for ever");
    }
    assert!(queue.waiting.is_empty());
    assert_eq!((kills, queue.letters()), (6, vec!["FunctionKilled".to_owned()]));
    let order: Vec<_> =
        rough.attempted().into_iter().filter(|id| ["2", "3"].contains(&id.as_str())).collect();
    assert_eq!(order.last().map(String::as_str), Some("3"), "what was behind the killer came after it");
}

#[tokio::test]
async fn a_table_of_attempts_in_trouble_keeps_messages() {
    let write = mock!(aws_sdk_dynamodb::Client::update_item)
        .then_error(|| UpdateItemError::generic(aws_sdk_dynamodb::error::ErrorMetadata::builder().build()));
    let read = mock!(aws_sdk_dynamodb::Client::batch_get_item)
        .then_error(|| BatchGetItemError::generic(aws_sdk_dynamodb::error::ErrorMetadata::builder().build()));
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&read, &write]);
    let (attempts, rough) = (Attempts::at(client), Rough::default());
    let mut queue = Queue::of(&["transient", "good"]);
    queue.receive_in_vain(900);
    let delivered = queue.deliver_with(&One(&rough), AMPLE, &rough.killed, &attempts).await;
    assert_eq!(delivered, kept(&["0"]));
}

#[tokio::test]
async fn what_waits_behind_a_failure_in_its_group_waits_no_longer() {
    let messages = [(Some("a"), "transient"), (Some("a"), "good"), (Some("a"), "good")];
    let (mut queue, rough) = (Queue::in_groups(&messages), Rough::default());
    // They have waited before, behind others.
    queue.receive_in_vain(7);
    assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&["0", "1", "2"]));
    let waits = queue.waits();
    assert!(waits.len() == 3 && waits.iter().all(|wait| (0..=2).contains(wait)), "{waits:?}");
    queue.waiting[0].body = task("good", "");
    assert_eq!(queue.deliver(&EachGroup(&rough), AMPLE, &rough.killed).await, kept(&[]));
    assert!(queue.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_not_begun_in_time_is_handed_back_with_all_its_attempts() {
    let (mut queue, rough) = (Queue::in_groups(&[(Some("a"), "slow"); 10]), Rough::default());
    let mut deliveries = 0;
    while !queue.waiting.is_empty() {
        queue.deliver(&EachGroup(&rough), Duration::from_millis(400), &rough.killed).await;
        assert!(queue.waits().iter().all(|wait| *wait == 0), "it comes at once: {:?}", queue.waits());
        deliveries += 1;
    }
    assert!((2..10).contains(&deliveries), "{deliveries}");
    let in_order: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(rough.attempted(), in_order, "each once");
    let rows = queue.table.0.lock().unwrap();
    assert!(rows.values().all(|past| !past.unended && past.attempts <= 1), "{rows:?}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_end_costs_only_its_own_message_time() {
    let (mut queue, rough) = (Queue::of(&["good", "endless", "slow"]), Rough::default());
    for _ in 0..4 {
        let delivered = queue.deliver(&One(&rough), Duration::from_millis(400), &rough.killed).await;
        assert_eq!(delivered, kept(&["1"]));
    }
    assert_eq!(queue.deliver(&One(&rough), Duration::from_millis(400), &rough.killed).await, kept(&[]));
    assert_eq!(queue.letters(), ["OutOfTime"]);
}

/// Never ends with more than one event.
struct Overwhelmed;

impl BatchReceiver for Overwhelmed {
    async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
        match events.len() {
            1 => vec![Ok(Effect::Made)],
            _ => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_too_long_is_kept_as_a_whole() {
    let mut queue = Queue::of(&["good", "good"]);
    let delivered = queue.deliver(&Batch(Overwhelmed), Duration::from_millis(400), &Notify::new()).await;
    assert_eq!(delivered, kept(&["0", "1"]));
    assert!(queue.waits().iter().all(|wait| (1..=2).contains(wait)), "{:?}", queue.waits());
}

/// Kills its function unless it is given one event.
#[derive(Default)]
struct TooLarge(Notify);

impl BatchReceiver for &TooLarge {
    async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
        if events.len() > 1 {
            self.0.notify_one();
            std::future::pending::<()>().await;
        }
        vec![Ok(Effect::Made)]
    }
}

#[tokio::test]
async fn a_batch_that_kills_its_function_comes_apart() {
    let (mut queue, too_large) = (Queue::of(&["good"; 30]), TooLarge::default());
    for _ in 0..2 {
        assert_eq!(queue.deliver(&Batch(&too_large), AMPLE, &too_large.0).await, Delivered::Killed);
    }
    assert_eq!(queue.deliver(&Batch(&too_large), AMPLE, &too_large.0).await, kept(&[]));
}
