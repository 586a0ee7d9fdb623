//! A table, an API, and calls between them.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig},
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant, sleep};

use super::super::{Api, CallError, Calls, Outcome, record::Record};
use crate::Failure;

pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(30);
pub(super) const KEYS: Api = Api::WithKeys { remembered: SignedDuration::from_hours(24) };
pub(super) const NO_KEYS: Api = Api::WithoutKeys;

thread_local! {
    static START: RefCell<Option<Instant>> = const { RefCell::new(None) };
}

/// The paused clock of the test.
fn clock() -> Timestamp {
    let start = START.with_borrow_mut(|start| *start.get_or_insert_with(Instant::now));
    let elapsed = SignedDuration::try_from(start.elapsed()).unwrap();
    let now = "2026-11-27T08:00:00Z".parse::<Timestamp>().unwrap() + elapsed;
    Timestamp::from_millisecond(now.as_millisecond()).unwrap()
}

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
        let mut refusal =
            json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"});
        if let Some(item) = &state.item {
            refusal["Item"] = item.clone().into();
        }
        (400, refusal)
    }

    fn get(&self) -> (u16, Value) {
        let item = self.0.lock().unwrap().item.clone();
        (200, item.map_or(json!({}), |item| json!({ "Item": item })))
    }

    fn client(&self) -> Client {
        let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_secs(28)).build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .http_client(self.clone());
        Client::from_conf(config.build())
    }
}

impl HttpClient for Table {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Table {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let table = self.clone();
        HttpConnectorFuture::new(async move {
            let is_put = request.headers().get("x-amz-target").unwrap().ends_with("PutItem");
            let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let fault = table.arrives(if is_put { "PutItem" } else { "GetItem" });
            match fault {
                Some(Fault::LosesRequest) => std::future::pending().await,
                Some(Fault::Delays(time)) => sleep(time).await,
                Some(Fault::Fails) => return Ok(response(500, &json!({"__type": "InternalServerError"}))),
                Some(Fault::LosesAnswer) | None => {}
            }
            let (status, answer) = if is_put { table.put(&body) } else { table.get() };
            if fault == Some(Fault::LosesAnswer) {
                std::future::pending::<()>().await;
            }
            Ok(response(status, &answer))
        })
    }
}

fn response(status: u16, body: &Value) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()))
}

/// The way in which a call to the API ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Answer,
    /// The answer comes after this many seconds; the effect at once.
    Slow(u64),
    Refuse,
    Busy,
    Throttle,
    LoseRequest,
    LoseAnswer,
    HangBefore,
    HangAfter,
}

/// Somebody else's API.
#[derive(Default)]
struct TheirApi {
    arrived: usize,
    effects: usize,
    effects_at_refusal: usize,
    receipts: BTreeMap<String, String>,
    keys: BTreeSet<String>,
}

pub(super) struct World {
    pub table: Table,
    pub calls: Calls,
    knows_keys: bool,
    theirs: RefCell<TheirApi>,
}

impl World {
    pub(super) fn new(api: Api) -> Self {
        let table = Table::default();
        let calls = Calls { clock, ..Calls::new(table.client(), "calls".into(), api, LEASE) };
        Self { table, calls, knows_keys: api == KEYS, theirs: RefCell::default() }
    }

    pub(super) async fn charge(&self, way: Way) -> Result<Outcome<String>, Failure> {
        self.charge_cents(100, way).await
    }

    pub(super) async fn charge_cents(&self, cents: u32, way: Way) -> Result<Outcome<String>, Failure> {
        let request = json!({ "cents": cents });
        self.calls.make("charge/1", &request, async |key| self.their_answer(key, way).await).await
    }

    /// Makes the charge, and something else between its effect and its answer.
    pub(super) async fn charge_during(&self, meanwhile: impl Future) -> Result<Outcome<String>, Failure> {
        let call = async |key: &str| {
            let answer = self.their_answer(key, Way::Answer).await;
            meanwhile.await;
            answer
        };
        self.calls.make("charge/1", &json!({ "cents": 100 }), call).await
    }

    async fn their_answer(&self, key: &str, way: Way) -> Result<String, CallError> {
        {
            let mut theirs = self.theirs.borrow_mut();
            theirs.arrived += 1;
            if matches!(way, Way::Refuse | Way::Busy) {
                theirs.effects_at_refusal = theirs.effects;
            }
            theirs.keys.insert(key.to_owned());
        }
        let failure = Failure::transient("Lost", "no answer came");
        match way {
            Way::Refuse => return Err(CallError::NotMade(Failure::permanent("Refused", "never"))),
            Way::Busy => return Err(CallError::NotMade(Failure::transient("Busy", "try later"))),
            Way::Throttle => return Err(CallError::NotMade(Failure::throttled("Throttled", "try later"))),
            Way::LoseRequest => return Err(CallError::Unknown(failure)),
            Way::HangBefore => std::future::pending().await,
            Way::Answer | Way::Slow(_) | Way::LoseAnswer | Way::HangAfter => {}
        }
        let receipt = self.effect(key);
        match way {
            Way::LoseAnswer => Err(CallError::Unknown(failure)),
            Way::HangAfter => std::future::pending().await,
            Way::Slow(seconds) => {
                sleep(Duration::from_secs(seconds)).await;
                Ok(receipt)
            }
            _ => Ok(receipt),
        }
    }

    fn effect(&self, key: &str) -> String {
        let mut theirs = self.theirs.borrow_mut();
        if self.knows_keys
            && let Some(receipt) = theirs.receipts.get(key)
        {
            return receipt.clone();
        }
        theirs.effects += 1;
        let receipt = format!("receipt-{}", theirs.effects);
        theirs.receipts.insert(key.to_owned(), receipt.clone());
        receipt
    }

    /// The number of calls that reached the API.
    pub(super) fn arrived(&self) -> usize {
        self.theirs.borrow().arrived
    }

    /// The number of effects that the API made.
    pub(super) fn effects(&self) -> usize {
        self.theirs.borrow().effects
    }

    /// The number of effects when the API refused a call for the last time.
    pub(super) fn effects_at_refusal(&self) -> usize {
        self.theirs.borrow().effects_at_refusal
    }

    /// The keys with which the API was called.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        self.theirs.borrow().keys.clone()
    }

    /// The record, as it is stored.
    pub(super) async fn record(&self) -> Option<Record> {
        self.calls.table.find("charge/1").await.unwrap()
    }
}
