mod any_batch;
mod table;

use futures_util::future::join_all;
use tokio::time::Instant;

use self::table::{Fault, REFUSED, Table};
use super::*;

const NOBODY: &str = "nobody";

/// The cities of customers who are looked up at the same time, and the calls that it took.
async fn cities(table: &Table, customers: &[&str]) -> (Vec<String>, Vec<String>) {
    let reads = Reads::new(table.client(), "customers", "customer").only("city");
    let found = join_all(customers.iter().map(|customer| reads.get(customer))).await;
    let city = |found: Result<Option<Item>, Failure>| match found {
        Ok(Some(item)) => {
            assert_eq!(item.len(), 1, "the city and nothing else: {item:?}");
            item["city"].as_s().unwrap().clone()
        }
        Ok(None) => "none".to_owned(),
        Err(failure) => failure.reason().error_type.clone(),
    };
    (found.into_iter().map(city).collect(), table.take_calls())
}

#[tokio::test(start_paused = true)]
async fn what_is_looked_up_at_the_same_time_is_one_call() {
    let (cities, calls) = cities(&Table::default(), &["ann", NOBODY, "bob"]).await;
    assert_eq!(cities, ["ann's city", "none", "bob's city"]);
    assert_eq!(calls, ["batch ann bob nobody"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_looked_up_twice_is_read_once() {
    let (cities, calls) = cities(&Table::default(), &["ann", "bob", "ann"]).await;
    assert_eq!(cities, ["ann's city", "bob's city", "ann's city"]);
    assert_eq!(calls, ["batch ann bob"]);
    let (_, calls) = self::cities(&Table::default(), &["ann", "ann"]).await;
    assert_eq!(calls, ["batch ann"]);
}

#[tokio::test(start_paused = true)]
async fn one_read_alone_is_a_plain_one_with_retries() {
    let table = Table::default();
    table.meets([Fault::Throttled]);
    let (cities, calls) = cities(&table, &["ann"]).await;
    assert_eq!((cities, calls), (vec!["ann's city".to_owned()], vec!["get ann".to_owned(); 2]));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_for_a_later_message() {
    let table = Table::default();
    let reads = Reads::new(table.client(), "customers", "customer");
    for _ in 0..2 {
        let (ann, bob) = tokio::join!(reads.get("ann"), reads.get("bob"));
        assert!(ann.unwrap().is_some() && bob.unwrap().is_some());
        assert_eq!(table.take_calls(), ["batch ann bob"]);
        assert!(reads.latest.lock().unwrap().as_ref().unwrap().call.upgrade().is_none(), "no item stays");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_asked_for_during_a_call_is_made_after_it() {
    let table = Table::default();
    let reads = Reads::new(table.client(), "customers", "customer");
    let late = async {
        tokio::time::sleep(table::TAKES / 2).await;
        reads.get("ann").await
    };
    let (ann, bob, again) = tokio::join!(reads.get("ann"), reads.get("bob"), late);
    assert!(ann.unwrap().is_some() && bob.unwrap().is_some() && again.unwrap().is_some());
    assert_eq!(table.take_calls(), ["batch ann bob", "get ann"]);
}

#[tokio::test(start_paused = true)]
async fn a_joined_call_that_fails_costs_one_call_and_no_more() {
    for fault in [Fault::Throttled, Fault::Denied, Fault::Fails] {
        let table = Table::default();
        table.meets([fault]);
        let (cities, calls) = cities(&table, &["ann", NOBODY, "bob"]).await;
        assert_eq!(cities, ["ann's city", "none", "bob's city"], "{fault:?}");
        assert_eq!(calls, ["batch ann bob nobody", "get ann", "get nobody", "get bob"], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_joined_call_that_hangs_is_given_up_after_a_second() {
    let (table, began) = (Table::default(), Instant::now());
    table.meets([Fault::Hangs]);
    let (cities, _) = cities(&table, &["ann", "bob"]).await;
    assert_eq!(cities, ["ann's city", "bob's city"]);
    assert!(began.elapsed() < Duration::from_millis(1_100), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_a_joined_call_leaves_unread_is_read_by_its_messages_only() {
    let table = Table::default();
    table.meets([Fault::LeavesUnread("bob")]);
    let (cities, calls) = cities(&table, &["ann", "bob", NOBODY]).await;
    assert_eq!(cities, ["ann's city", "bob's city", "none"]);
    assert_eq!(calls, ["batch ann bob nobody", "get bob"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_dynamodb_refuses_fails_its_own_message_only() {
    let (cities, calls) = cities(&Table::default(), &["ann", REFUSED, "bob"]).await;
    assert_eq!(cities, ["ann's city", "ValidationException", "bob's city"]);
    assert_eq!(calls.len(), 4, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn keys_beyond_the_limit_of_a_call_are_several_calls() {
    let customers: Vec<String> = (0..150).map(|n| format!("c-{n}")).collect();
    let customers: Vec<&str> = customers.iter().map(String::as_str).collect();
    let (cities, calls) = cities(&Table::default(), &customers).await;
    let expected: Vec<String> = customers.iter().filter_map(|customer| table::city_of(customer)).collect();
    assert_eq!(cities, expected);
    let mut keys: Vec<_> = calls.iter().map(|call| call.split(' ').count() - 1).collect();
    keys.sort_unstable();
    assert_eq!(keys, [50, 100]);
}

#[tokio::test(start_paused = true)]
async fn messages_that_are_given_up_leave_the_next_ones_alone() {
    let table = Table::default();
    table.meets([Fault::Hangs]);
    let reads = Reads::new(table.client(), "customers", "customer");
    let both = async { tokio::join!(reads.get("ann"), reads.get("bob")) };
    assert!(tokio::time::timeout(Duration::from_millis(10), both).await.is_err());
    table.take_calls();
    let (ann, bob) = tokio::join!(reads.get("ann"), reads.get("bob"));
    assert!(ann.unwrap().is_some() && bob.unwrap().is_some());
    assert_eq!(table.take_calls(), ["batch ann bob"]);
}

#[test]
fn reading_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    fn read(reads: &Reads) {
        is_send(reads.get("ann"));
    }
    let _ = read;
}
