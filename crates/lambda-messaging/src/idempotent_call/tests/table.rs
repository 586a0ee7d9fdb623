//! A table that can fail, be slow, and lose requests and answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    Client,
    config::{retry::RetryConfig, timeout::TimeoutConfig},
};
use serde_json::{Map, Value, json};
use tokio::time::{Duration, sleep};

use crate::in_memory::{self, InMemory, error};

/// The way in which the table treats a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It fails, without effect.
    Fails,
    /// It has its effect, and its answer is lost.
    LosesAnswer,
    /// It never arrives.
    LosesRequest,
    /// It has its effect after this time.
    Delays(Duration),
}

/// A table with one record.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    item: Option<Map<String, Value>>,
    requests: Vec<&'static str>,
    faults: BTreeMap<usize, Fault>,
    fails_from: Option<usize>,
    deleted_before: Option<usize>,
}

impl Table {
    pub(super) fn requests(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().requests.clone()
    }

    /// The text of an attribute.
    pub(super) fn attribute(&self, name: &str) -> String {
        self.0.lock().unwrap().item.as_ref().unwrap()[name]["S"].as_str().unwrap().to_owned()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.lock().unwrap().item.as_ref().unwrap().contains_key(name)
    }

    pub(super) fn set(&self, name: &str, value: Value) {
        self.0.lock().unwrap().item.as_mut().unwrap().insert(name.to_owned(), value);
    }

    /// Ends the lease, as if its owner had been asleep.
    pub(super) fn end_lease(&self) {
        self.set("callingUntil", json!({"S": "2026-01-01T00:00:00Z"}));
    }

    /// Treats a request, counted from 1, in this way.
    pub(super) fn treat(&self, request: usize, fault: Fault) {
        self.0.lock().unwrap().faults.insert(request, fault);
    }

    /// Treats a later request in this way. The next one is 1.
    pub(super) fn treat_next(&self, request: usize, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        let before = state.requests.len();
        state.faults.insert(before + request, fault);
    }

    pub(super) fn fail_from(&self, request: usize) {
        self.0.lock().unwrap().fails_from = Some(request);
    }

    pub(super) fn heal(&self) {
        let mut state = self.0.lock().unwrap();
        (state.fails_from, state.faults) = (None, BTreeMap::new());
    }

    /// Deletes the record before this request from now on, as the time to live does.
    pub(super) fn delete_before(&self, request: usize) {
        let mut state = self.0.lock().unwrap();
        state.deleted_before = Some(state.requests.len() + request);
    }

    /// Notes a request, and says how it is treated.
    fn arrives(&self, operation: &'static str) -> Option<Fault> {
        let mut state = self.0.lock().unwrap();
        state.requests.push(operation);
        let request = state.requests.len();
        if state.deleted_before == Some(request) {
            state.item = None;
        }
        if state.fails_from.is_some_and(|from| request >= from) {
            return Some(Fault::Fails);
        }
        state.faults.get(&request).copied()
    }

    fn put(&self, request: &Value) -> (u16, Value) {
        let mut state = self.0.lock().unwrap();
        let found = state.item.as_ref().map(|item| item["token"].clone());
        let is_expected = match request["ConditionExpression"].as_str().unwrap() {
            "attribute_not_exists(id)" => found.is_none(),
            "#token = :found" => found.as_ref() == Some(&request["ExpressionAttributeValues"][":found"]),
            "attribute_not_exists(id) OR #token = :found" => {
                found.as_ref().is_none_or(|token| *token == request["ExpressionAttributeValues"][":found"])
            }
            other => panic!("an unknown condition: {other}"),
        };
        if is_expected {
            state.item = Some(request["Item"].as_object().unwrap().clone());
            return (200, json!({}));
        }
        let mut refusal = error("ConditionalCheckFailedException");
        if let Some(item) = &state.item {
            refusal["Item"] = item.clone().into();
        }
        (400, refusal)
    }

    fn get(&self) -> (u16, Value) {
        let item = self.0.lock().unwrap().item.clone();
        (200, item.map_or(json!({}), |item| json!({ "Item": item })))
    }

    pub(super) fn client(&self) -> Client {
        let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(28)).build();
        in_memory::client_with(self.clone(), RetryConfig::disabled(), timeouts)
    }
}

impl InMemory for Table {
    async fn answer(self, operation: String, call: Value) -> (u16, Value) {
        let is_put = operation == "PutItem";
        let fault = self.arrives(if is_put { "PutItem" } else { "GetItem" });
        match fault {
            Some(Fault::LosesRequest) => std::future::pending().await,
            Some(Fault::Delays(time)) => sleep(time).await,
            Some(Fault::Fails) => return (500, error("InternalServerError")),
            Some(Fault::LosesAnswer) | None => {}
        }
        let answer = if is_put { self.put(&call) } else { self.get() };
        if fault == Some(Fault::LosesAnswer) {
            std::future::pending::<()>().await;
        }
        answer
    }
}
