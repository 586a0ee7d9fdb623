//! The deployed function and its messages. `make test` deploys it to an emulator, and runs these tests.

use std::{
    env,
    process::Command,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::{Message, QueueAttributeName, SendMessageBatchRequestEntry};
use lambda_messaging::{Function, Service, item::Item};
use serde_json::{Value, json};

/// A killed function's messages come again after the queue's visibility timeout of 30 s.
const PATIENCE: Duration = Duration::from_mins(2);

#[tokio::test]
#[ignore = "needs the emulator: make test"]
async fn a_message_has_its_effect() {
    let deployed = Deployed::new().await;
    deployed.send(&["once"]).await;
    let effect = deployed.effect("once").await;
    assert_eq!(effect["amount"], AttributeValue::N("3".to_owned()));
}

#[tokio::test]
#[ignore = "needs the emulator: make test"]
async fn a_message_that_is_sent_twice_has_its_effect_once() {
    let deployed = Deployed::new().await;
    deployed.send(&["twice"]).await;
    let first = deployed.effect("twice").await;
    deployed.send(&["twice"]).await;
    deployed.has_handled_all().await;
    // The time of the write is an attribute, so a second write would show.
    assert_eq!(deployed.effect("twice").await, first);
}

#[tokio::test]
#[ignore = "needs the emulator: make test"]
async fn a_poison_message_lies_in_the_dead_letter_queue_with_its_reason() {
    let deployed = Deployed::new().await;
    deployed.send_body("not an event").await;
    let letter = eventually("a dead letter", async || deployed.dead_letter().await).await;
    assert_eq!(letter.body(), Some("not an event"));
    let reason = letter.message_attributes().unwrap()["DeadLetterReason"].string_value().unwrap();
    let reason: Value = serde_json::from_str(reason).unwrap();
    assert_eq!(reason["errorType"], "MalformedEvent", "{reason}");
}

#[tokio::test]
#[ignore = "needs the emulator: make test"]
async fn a_function_that_is_killed_amid_its_work_loses_no_message_and_doubles_no_effect() {
    let deployed = Deployed::new().await;
    let ids: Vec<String> = (0..100).map(|n| format!("killed-{n}")).collect();
    deployed.send(&ids).await;
    // A process that is stopped can't finish its work. If it holds messages then, the kill comes amid its work.
    let amid = async || {
        let (stopped, done) = (signal("STOP"), deployed.effects("killed-").await.len());
        if stopped && (1..ids.len()).contains(&done) && deployed.in_flight().await > 0 {
            return Some(());
        }
        signal("CONT");
        None
    };
    eventually("the function has done some of its work, and holds messages", amid).await;
    assert!(signal("KILL"));

    let before = deployed.effects("killed-").await;
    assert!(before.len() < ids.len());
    let all = async || {
        let effects = deployed.effects("killed-").await;
        (effects.len() == ids.len()).then_some(effects)
    };
    let after = eventually("every message has its effect", all).await;
    deployed.has_handled_all().await;
    assert!(before.iter().all(|effect| after.contains(effect)), "no effect was made again");
}

/// Sends a signal to the function's processes, which the emulator runs from this folder; false if there is none.
fn signal(name: &str) -> bool {
    let programs = format!("{}/.*bootstrap", variable("FUNCTIONS_FOLDER"));
    Command::new("pkill").args([&format!("-{name}"), "-f", &programs]).status().unwrap().success()
}

/// The resources of the project in the emulator.
struct Deployed {
    sqs: aws_sdk_sqs::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    queue: String,
    dead_letters: String,
    table: String,
}

impl Deployed {
    async fn new() -> Self {
        let function = Function::start(Service::new("tests", "tests")).await;
        // A function's panics are logged without their messages, which a failed test needs.
        let _ = std::panic::take_hook();
        Self {
            sqs: aws_sdk_sqs::Client::new(function.aws()),
            dynamodb: aws_sdk_dynamodb::Client::new(function.aws()),
            queue: variable("QUEUE_URL"),
            dead_letters: variable("DEAD_LETTER_QUEUE_URL"),
            table: variable("EFFECTS_TABLE_NAME"),
        }
    }

    /// Sends an event with each of these ids.
    async fn send<S: AsRef<str>>(&self, ids: &[S]) {
        for some in ids.chunks(10) {
            let entry = |(n, id): (usize, &S)| {
                let body = event(id.as_ref());
                SendMessageBatchRequestEntry::builder().id(n.to_string()).message_body(body).build().unwrap()
            };
            let entries = some.iter().enumerate().map(entry).collect();
            let sent = self.sqs.send_message_batch().queue_url(&self.queue).set_entries(Some(entries));
            assert_eq!(sent.send().await.unwrap().failed(), []);
        }
    }

    async fn send_body(&self, body: &str) {
        self.sqs.send_message().queue_url(&self.queue).message_body(body).send().await.unwrap();
    }

    /// The effect of the event with this id, once it is there.
    async fn effect(&self, id: &str) -> Item {
        let effect = async || self.effects(id).await.pop();
        eventually(&format!("the effect of {id}"), effect).await
    }

    /// The effects of all events whose ids begin so.
    async fn effects(&self, prefix: &str) -> Vec<Item> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let scan = scan.filter_expression("begins_with(id, :prefix)");
        let prefix = AttributeValue::S(prefix.to_owned());
        scan.expression_attribute_values(":prefix", prefix).send().await.unwrap().items.unwrap_or_default()
    }

    async fn dead_letter(&self) -> Option<Message> {
        let receive = self.sqs.receive_message().queue_url(&self.dead_letters);
        receive.message_attribute_names("All").send().await.unwrap().messages?.pop()
    }

    /// Waits until the queue is empty.
    async fn has_handled_all(&self) {
        let empty = async || {
            let waiting = self.count(QueueAttributeName::ApproximateNumberOfMessages).await;
            (waiting + self.in_flight().await == 0).then_some(())
        };
        eventually("an empty queue", empty).await;
    }

    /// The number of messages that the function has received, and not finished.
    async fn in_flight(&self) -> u32 {
        self.count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible).await
    }

    async fn count(&self, of: QueueAttributeName) -> u32 {
        let ask = self.sqs.get_queue_attributes().queue_url(&self.queue).attribute_names(of.clone());
        ask.send().await.unwrap().attributes.unwrap()[&of].parse().unwrap()
    }
}

/// An event as it travels: a `CloudEvents` document.
fn event(id: &str) -> String {
    let event = json!({
        "specversion": "1.0", "type": "{{event}}", "source": "/tests", "id": id, "correlationid": id,
        "time": "2026-01-01T00:00:00Z", "data": {"id": id, "amount": 3},
    });
    event.to_string()
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is missing: run make test"))
}

/// Waits for something.
async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
