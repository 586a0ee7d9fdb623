//! A queue and a table of attempts in memory, between which a consumer works.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_dynamodb::operation::{
    batch_get_item::{BatchGetItemInput, BatchGetItemOutput},
    update_item::{UpdateItemInput, UpdateItemOutput},
};
use aws_sdk_sqs::operation::{
    change_message_visibility_batch::ChangeMessageVisibilityBatchOutput, send_message::SendMessageOutput,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{
    consumer::{
        attempts::Attempts, consume, delivery::EarlierAttempts, handler::Handler, queues::Queues, tests::task,
    },
    dead_letter_reason::REASON,
    item::{number, text},
};

/// A table of attempts in memory.
#[derive(Clone, Default)]
pub(in crate::consumer) struct Table(pub(super) Arc<Mutex<HashMap<String, EarlierAttempts>>>);

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

    pub(super) fn rows(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A message, as its queue knows it.
pub(super) struct Waiting {
    id: String,
    pub body: String,
    group: Option<&'static str>,
    receives: u32,
}

/// A queue that delivers all its messages, again and again, to a function that may be killed.
#[derive(Default)]
pub(super) struct Queue {
    pub waiting: Vec<Waiting>,
    pub table: Table,
    letters: Arc<Mutex<Vec<String>>>,
    /// For how long each message was to wait when it was kept last, by its id.
    waits: Arc<Mutex<BTreeMap<String, i32>>>,
}

/// The outcome of one delivery, by message ids.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Delivered {
    Kept(Vec<String>),
    Killed,
}

impl Queue {
    pub(super) fn of(ways: &[&str]) -> Self {
        Self::in_groups(&ways.iter().map(|way| (None, *way)).collect::<Vec<_>>())
    }

    pub(super) fn in_groups(messages: &[(Option<&'static str>, &str)]) -> Self {
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

    /// Receives as a throttled event source does, without any effect.
    pub(super) fn receive_in_vain(&mut self, times: u32) {
        self.waiting.iter_mut().for_each(|message| message.receives += times);
    }

    pub(super) async fn deliver(
        &mut self,
        handler: &impl Handler,
        time: Duration,
        killed: &Notify,
    ) -> Delivered {
        self.deliver_with(handler, time, killed, &self.table.attempts()).await
    }

    pub(super) async fn deliver_with(
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

    pub(super) fn letters(&self) -> Vec<String> {
        self.letters.lock().unwrap().clone()
    }

    pub(super) fn waits(&self) -> Vec<i32> {
        self.waits.lock().unwrap().values().copied().collect()
    }
}
