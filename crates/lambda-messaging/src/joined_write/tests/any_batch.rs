//! Any batches, written together and one by one: the same items, each effect once, and a true result for each message.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::Mutex,
};

use aws_sdk_dynamodb::Client;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    super::{Planned, write},
    booking,
    table::{BROKEN, Fault, REFUSED, Table},
};
use crate::{
    Effect, Failure, idempotent_write,
    item::{self, number, text},
    joined_write::Entry,
};

/// A message about an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    order: String,
    customer: String,
    cents: u32,
    is_refused: bool,
}

impl Message {
    /// The message about an order, the same each time.
    fn about(order: u8) -> Self {
        let customer = match order % 8 {
            7 => BROKEN.to_owned(),
            customer => format!("customer-{}", customer % 3),
        };
        Self {
            order: format!("order-{order}"),
            customer,
            cents: 1 << (order % 16),
            is_refused: order % 11 == 10,
        }
    }

    fn entry(&self) -> Entry {
        if !self.is_refused {
            return booking(&self.order, &self.customer, self.cents);
        }
        let booking = item::new([("order", text(&self.order)), (REFUSED, number(1))]);
        let account = item::new([("customer", text(&self.customer))]);
        Entry::once("bookings", "order", booking).add_to("accounts", account, [("cents", self.cents)])
    }

    fn is_poison(&self) -> bool {
        self.is_refused || self.customer == BROKEN
    }
}

/// A batch, in two parts that two functions handle at the same time, and the troubles of its calls.
#[derive(Debug, Clone)]
struct Batch {
    messages: Vec<Message>,
    others: Vec<Message>,
    faults: Vec<Option<Fault>>,
}

fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let messages = || prop::collection::vec((0..24_u8).prop_map(Message::about), 0..12);
    let fault = prop_oneof![
        Just(Fault::Fails),
        Just(Fault::LosesAnswer),
        Just(Fault::Throttled),
        (0..20_usize).prop_map(Fault::PartThrottled),
        Just(Fault::Hangs),
    ];
    let faults = prop::collection::vec(prop::option::weighted(0.4, fault), 0..8);
    let batch = (messages(), messages(), faults);
    let batch = batch.prop_map(|(messages, others, faults)| Batch { messages, others, faults });
    prop::collection::vec(batch, 1..4)
}

type Settled = Vec<(Message, Result<Effect, Failure>)>;

/// Handles messages; those that have failed before are written alone.
async fn handle(client: &Client, messages: &[(Message, bool)]) -> Settled {
    let entries: Vec<Entry> = messages.iter().map(|(message, _)| message.entry()).collect();
    let results = Mutex::new(BTreeMap::new());
    let planned = entries.iter().zip(messages).enumerate();
    let planned = planned.map(|(n, (entry, (_, alone)))| Planned { n, entry, alone: *alone });
    let answer = |n: usize, result| {
        let before = results.lock().unwrap().insert(n, result);
        assert_eq!(before, None, "one result for each");
    };
    write(client, planned, answer).await;
    let results = results.into_inner().unwrap();
    assert_eq!(results.len(), messages.len(), "a result for each");
    messages.iter().map(|(message, _)| message.clone()).zip(results.into_values()).collect()
}

/// Delivers batches until each message is settled; returns the results that settled them.
async fn deliver(table: &Table, batches: &[Batch], one_by_one: bool) -> Settled {
    let mut settled = Settled::new();
    let mut kept: Vec<(Message, bool)> = Vec::new();
    let client = table.client();
    let last = Batch { messages: Vec::new(), others: Vec::new(), faults: Vec::new() };
    for (n, Batch { messages, others, faults }) in batches.iter().chain(iter::repeat(&last)).enumerate() {
        if n >= batches.len() && kept.is_empty() {
            break;
        }
        assert!(n < batches.len() + 20, "without faults each message is settled: {kept:?}");
        table.meets(faults.iter().copied());
        let new = |messages: &[Message]| messages.iter().map(|m| (m.clone(), one_by_one)).collect::<Vec<_>>();
        let (first, second) = ([std::mem::take(&mut kept), new(messages)].concat(), new(others));
        let (first, second) = tokio::join!(handle(&client, &first), handle(&client, &second));
        for (message, result) in [first, second].concat() {
            match &result {
                Err(failure) if failure.is_retryable() => kept.push((message, true)),
                _ => settled.push((message, result)),
            }
        }
    }
    settled
}

/// The items that are there once each message has had its effect once.
fn expected(settled: &Settled) -> BTreeMap<String, Value> {
    let sound: BTreeSet<&Message> =
        settled.iter().map(|(message, _)| message).filter(|message| !message.is_poison()).collect();
    let mut items = BTreeMap::new();
    for Message { order, customer, cents, .. } in sound {
        items.insert(order.clone(), json!({"order": {"S": order}, "cents": {"N": cents.to_string()}}));
        let account = items.entry(customer.clone()).or_insert_with(|| json!({"cents": 0, "orders": 0}));
        account["cents"] = (account["cents"].as_u64().unwrap() + u64::from(*cents)).into();
        account["orders"] = (account["orders"].as_u64().unwrap() + 1).into();
    }
    items
}

/// Checks that the result of each message is true.
fn check(settled: &Settled, has_faults: bool) {
    let mut made = BTreeMap::<&str, usize>::new();
    for (message, result) in settled {
        match result {
            Ok(Effect::Made) => *made.entry(&message.order).or_default() += 1,
            Ok(Effect::Duplicate) => {}
            Ok(Effect::Nothing(_)) => panic!("{message:?} has an effect"),
            Err(failure) => {
                assert!(message.is_poison() && !idempotent_write::is_conflict(failure), "{failure}");
            }
        }
        assert_eq!(result.is_ok(), !message.is_poison(), "{message:?}: {result:?}");
    }
    let written = settled.iter().filter(|(_, result)| result.is_ok()).map(|(message, _)| &*message.order);
    for order in written.collect::<BTreeSet<_>>() {
        let made = made.get(order).copied().unwrap_or_default();
        // A write whose answer was lost was made by a delivery that doesn't know it.
        assert!(made == 1 || (made == 0 && has_faults), "{order} was made {made} times");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn joined_and_single_writes_come_to_the_same(batches in batches()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let has_faults = batches.iter().any(|batch| batch.faults.iter().any(Option::is_some));
        let tables = [false, true].map(|one_by_one| {
            let table = Table::default();
            let settled = runtime.block_on(deliver(&table, &batches, one_by_one));
            check(&settled, has_faults);
            assert_eq!(table.items(), expected(&settled));
            table.items()
        });
        prop_assert_eq!(&tables[0], &tables[1]);
    }

    #[test]
    fn without_faults_a_batch_of_new_orders_is_one_call(orders in prop::collection::btree_set(0..7_u8, 1..7)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let table = Table::default();
        let messages: Vec<_> = orders.iter().map(|order| (Message::about(*order), false)).collect();
        runtime.block_on(handle(&table.client(), &messages));
        prop_assert_eq!(table.calls().len(), 1);
    }

    #[test]
    fn the_first_content_of_a_key_is_kept(contents in prop::collection::vec((0..3_u8, 0..3_u32), 1..10)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let table = Table::default();
        let forged = |(order, cents)| Message { cents, ..Message::about(order) };
        let messages: Vec<_> = contents.into_iter().map(|content| (forged(content), false)).collect();
        let settled = runtime.block_on(handle(&table.client(), &messages));
        let items = table.items();
        for (message, result) in &settled {
            let is_kept = items[&message.order]["cents"] == json!({"N": message.cents.to_string()});
            let is_conflict = result.as_ref().is_err_and(idempotent_write::is_conflict);
            prop_assert_eq!((result.is_ok(), is_conflict), (is_kept, !is_kept), "{:?}: {:?}", message, result);
        }
        let made = settled.iter().filter(|(_, result)| *result == Ok(Effect::Made)).count();
        prop_assert_eq!(made, items.keys().filter(|item| item.starts_with("order")).count());
    }
}
