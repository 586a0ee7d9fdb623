//! A DynamoDB of bookings and accounts in memory, which knows transactions as DynamoDB does: their conflicts, their cancellation, and
//! the tokens of repeated calls. Calls can fail, and lose their answers.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::{
    in_memory::{self, InMemory, error},
    item::RECORDED_AT,
};

/// The customer whose account is broken: nothing can be added to it.
pub(crate) const BROKEN: &str = "broken";
/// The attribute of a booking that DynamoDB refuses.
pub(crate) const REFUSED: &str = "refused";

/// The time that a transaction takes.
const TAKES: Duration = Duration::from_millis(5);

/// The trouble of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It fails, without effect.
    Fails,
    /// It has its effect, and its answer is lost.
    LosesAnswer,
    /// It is throttled.
    Throttled,
    /// One of its parts is throttled.
    PartThrottled(usize),
    /// It never ends.
    Hangs,
}

/// The tables. Each item is known by the value of its key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    items: BTreeMap<String, Value>,
    /// The items of transactions under way.
    locked: BTreeSet<String>,
    /// The tokens of the transactions that were written.
    tokens: BTreeSet<String>,
    faults: VecDeque<Option<Fault>>,
    /// The number of parts of each call.
    calls: Vec<usize>,
}

impl Table {
    /// The troubles of the next calls.
    pub(crate) fn meets(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.0.lock().unwrap().faults = faults.into_iter().collect();
    }

    pub(crate) fn items(&self) -> BTreeMap<String, Value> {
        self.0.lock().unwrap().items.clone()
    }

    pub(crate) fn calls(&self) -> Vec<usize> {
        self.0.lock().unwrap().calls.clone()
    }

    pub(crate) fn client(&self) -> Client {
        in_memory::client(self.clone())
    }
}

impl InMemory for Table {
    async fn answer(self, operation: String, call: Value) -> (u16, Value) {
        assert_eq!(operation, "TransactWriteItems");
        let parts: Vec<Part> = call["TransactItems"].as_array().unwrap().iter().map(Part::read).collect();
        let fault = {
            let mut state = self.0.lock().unwrap();
            state.calls.push(parts.len());
            state.faults.pop_front().flatten()
        };
        match fault {
            Some(Fault::Fails) => return (500, error("InternalServerError")),
            Some(Fault::Throttled) => return (400, error("ThrottlingException")),
            Some(Fault::Hangs) => std::future::pending().await,
            _ => {}
        }
        let token = call["ClientRequestToken"].as_str().unwrap().to_owned();
        let locked = match self.0.lock().unwrap().begins(&token, &parts, fault) {
            Ok(locked) => locked,
            Err(answer) => return answer,
        };
        sleep(TAKES).await;
        let answer = self.0.lock().unwrap().ends(token, &parts, &locked);
        if matches!(fault, Some(Fault::LosesAnswer)) { (500, error("InternalServerError")) } else { answer }
    }
}

impl State {
    /// Begins a transaction, and locks its items.
    fn begins(
        &mut self,
        token: &str,
        parts: &[Part],
        fault: Option<Fault>,
    ) -> Result<BTreeSet<String>, (u16, Value)> {
        let items: BTreeSet<String> = parts.iter().map(|part| part.item.clone()).collect();
        if self.tokens.contains(token) {
            return Err((200, json!({})));
        }
        if items.len() < parts.len() || parts.iter().any(|part| part.content.get(REFUSED).is_some()) {
            return Err((400, error("ValidationException")));
        }
        let throttled =
            |n: usize| matches!(fault, Some(Fault::PartThrottled(part)) if part % parts.len() == n);
        let reasons = parts.iter().enumerate().map(|(n, part)| {
            if self.locked.contains(&part.item) {
                json!({"Code": "TransactionConflict"})
            } else if throttled(n) {
                json!({"Code": "ThrottlingError"})
            } else {
                self.reason(part)
            }
        });
        let reasons: Vec<Value> = reasons.collect();
        if reasons.iter().any(|reason| reason["Code"] != "None") {
            return Err(cancelled(&reasons));
        }
        self.locked.extend(items.iter().cloned());
        Ok(items)
    }

    /// Writes a transaction, and unlocks its items.
    fn ends(&mut self, token: String, parts: &[Part], locked: &BTreeSet<String>) -> (u16, Value) {
        self.locked.retain(|item| !locked.contains(item));
        for part in parts {
            if part.is_put {
                self.items.insert(part.item.clone(), part.content.clone());
                continue;
            }
            let item = self.items.entry(part.item.clone()).or_insert_with(|| json!({}));
            for (name, amount) in part.content.as_object().unwrap() {
                let before = item[name].as_i64().unwrap_or_default();
                item[name] = (before + amount.as_i64().unwrap()).into();
            }
        }
        self.tokens.insert(token);
        (200, json!({}))
    }

    /// The reason of a part to cancel its transaction.
    fn reason(&self, part: &Part) -> Value {
        match self.items.get(&part.item) {
            Some(stored) if part.is_put => json!({"Code": "ConditionalCheckFailed", "Item": stored}),
            _ if part.item == BROKEN => json!({"Code": "ValidationError"}),
            _ => json!({"Code": "None"}),
        }
    }
}

/// A part of a transaction.
struct Part {
    is_put: bool,
    /// The value of the key.
    item: String,
    /// The item that is put, or the amounts that are added.
    content: Value,
}

impl Part {
    fn read(part: &Value) -> Self {
        let text = |value: &Value| value["S"].as_str().unwrap().to_owned();
        if let Some(put) = part.get("Put") {
            assert_eq!(put["ConditionExpression"], "attribute_not_exists(#key)");
            assert_eq!(put["ExpressionAttributeNames"]["#key"], "order");
            let mut content = put["Item"].clone();
            content.as_object_mut().unwrap().remove(RECORDED_AT).unwrap();
            return Self { is_put: true, item: text(&content["order"]), content };
        }
        let update = &part["Update"];
        let additions = update["UpdateExpression"].as_str().unwrap().strip_prefix("ADD ").unwrap();
        let amounts = additions.split(", ").map(|addition| {
            let (name, value) = addition.split_once(' ').unwrap();
            let amount: i64 =
                update["ExpressionAttributeValues"][value]["N"].as_str().unwrap().parse().unwrap();
            (update["ExpressionAttributeNames"][name].as_str().unwrap().to_owned(), amount.into())
        });
        let content = Value::Object(amounts.collect());
        Self { is_put: false, item: text(&update["Key"]["customer"]), content }
    }
}

fn cancelled(reasons: &[Value]) -> (u16, Value) {
    let mut cancelled = error("TransactionCanceledException");
    cancelled["CancellationReasons"] = reasons.into();
    (400, cancelled)
}
