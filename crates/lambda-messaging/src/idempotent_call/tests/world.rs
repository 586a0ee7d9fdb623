//! An API, and calls to it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::time::{Duration, Instant, sleep};

use super::{
    super::{Api, CallError, Calls, Outcome, record::Record},
    table::Table,
};
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

/// A third-party API.
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
