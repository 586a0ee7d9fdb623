//! A table of customers in memory, which is read as DynamoDB is. Calls can fail.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_dynamodb::Client;
use serde_json::{Value, json};

use crate::in_memory::{self, InMemory, error};

/// The key that DynamoDB refuses.
pub(super) const REFUSED: &str = "refused";
/// The time that a call takes.
pub(super) const TAKES: Duration = Duration::from_millis(5);

/// The trouble of a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Throttled,
    Denied,
    Fails,
    Hangs,
    /// It leaves this key unread.
    LeavesUnread(&'static str),
}

/// The city of a customer, if there is that customer.
pub(super) fn city_of(customer: &str) -> Option<String> {
    (!customer.starts_with("no")).then(|| format!("{customer}'s city"))
}

#[derive(Debug, Clone, Default)]
pub(super) struct Table(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    faults: VecDeque<Fault>,
    calls: Vec<String>,
}

impl Table {
    /// The troubles of the next calls.
    pub(super) fn meets(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.lock().unwrap().faults = faults.into_iter().collect();
    }

    /// The calls since the last time, each with its keys.
    pub(super) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().calls)
    }

    pub(super) fn client(&self) -> Client {
        in_memory::client(self.clone())
    }
}

impl InMemory for Table {
    async fn answer(self, operation: String, call: Value) -> (u16, Value) {
        let is_batch = operation == "BatchGetItem";
        let asked = if is_batch { &call["RequestItems"]["customers"] } else { &call };
        let keys: Vec<String> = if is_batch {
            asked["Keys"].as_array().unwrap().iter().map(customer).collect()
        } else {
            vec![customer(&call["Key"])]
        };
        assert_eq!(asked["ConsistentRead"], true);
        let fault = {
            let mut state = self.0.lock().unwrap();
            state.calls.push(format!("{} {}", if is_batch { "batch" } else { "get" }, keys.join(" ")));
            state.faults.pop_front()
        };
        tokio::time::sleep(TAKES).await;
        let mut unread = None;
        match fault {
            Some(Fault::Throttled) => return (400, error("ProvisionedThroughputExceededException")),
            Some(Fault::Denied) => return (400, error("AccessDeniedException")),
            Some(Fault::Fails) => return (500, error("InternalServerError")),
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::LeavesUnread(key)) => unread = Some(key),
            None => {}
        }
        let names_a_key_twice = keys.iter().enumerate().any(|(n, key)| keys[..n].contains(key));
        if keys.iter().any(|key| key == REFUSED) || names_a_key_twice || keys.len() > 100 {
            return (400, error("ValidationException"));
        }
        let attributes = asked["ProjectionExpression"].as_str();
        let item = |key: &String| Some(item(key, &city_of(key)?, attributes));
        if !is_batch {
            return (200, item(&keys[0]).map_or_else(|| json!({}), |item| json!({ "Item": item })));
        }
        let (left, read): (Vec<_>, Vec<_>) = keys.iter().partition(|key| unread == Some(key.as_str()));
        let mut items: Vec<_> = read.into_iter().filter_map(item).collect();
        // DynamoDB returns them in no order.
        items.reverse();
        let left: Vec<_> = left.iter().map(|key| json!({"customer": {"S": key}})).collect();
        let unprocessed = if left.is_empty() {
            json!({})
        } else {
            json!({"customers": {"Keys": left, "ConsistentRead": true}})
        };
        (200, json!({"Responses": {"customers": items}, "UnprocessedKeys": unprocessed}))
    }
}

fn customer(key: &Value) -> String {
    key["customer"]["S"].as_str().unwrap().to_owned()
}

/// The customer's item, with the attributes that are read.
fn item(customer: &str, city: &str, attributes: Option<&str>) -> Value {
    match attributes {
        None => json!({"customer": {"S": customer}, "city": {"S": city}, "street": {"S": "1"}}),
        Some("#key, city") => json!({"customer": {"S": customer}, "city": {"S": city}}),
        Some("city") => json!({"city": {"S": city}}),
        Some(other) => panic!("{other} is read"),
    }
}
