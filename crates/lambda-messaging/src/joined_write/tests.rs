//! Entries in calls whose answers are known, part by part.

mod any_batch;
pub(crate) mod table;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_sdk_dynamodb::{
    config::retry::RetryConfig,
    error::ErrorMetadata,
    operation::transact_write_items::{
        TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
    },
    types::{CancellationReason, error::TransactionCanceledException},
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};

use super::*;
use crate::item::{self, number, text};

/// An order that is booked once, and added to its customer's account.
pub(crate) fn booking(order: &str, customer: &str, cents: u32) -> Entry {
    let booking = item::new([("order", text(order)), ("cents", number(cents))]);
    let account = item::new([("customer", text(customer))]);
    Entry::once("bookings", "order", booking).add_to("accounts", account, [("cents", cents), ("orders", 1)])
}

/// Three orders of two customers.
fn three() -> [Entry; 3] {
    [booking("1", "ann", 10), booking("2", "bob", 20), booking("3", "ann", 30)]
}

/// DynamoDB's answer to a call.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Written,
    /// Cancelled, with a reason for each part: `.` none, `=` its key holds the same, `!` its key holds another content, `c` conflict,
    /// `t` throttled, `v` refused.
    Cancelled(&'static str),
    Fails(&'static str),
}
use Answer::{Cancelled, Fails, Written};

fn cancelled(call: &TransactWriteItemsInput, reasons: &str) -> TransactWriteItemsError {
    assert_eq!(reasons.len(), call.transact_items().len(), "a reason for each part");
    let reasons = reasons.chars().zip(call.transact_items()).map(|(reason, part)| {
        let code = match reason {
            '=' | '!' => "ConditionalCheckFailed",
            'c' => "TransactionConflict",
            't' => "ThrottlingError",
            'v' => "ValidationError",
            _ => "None",
        };
        let mut stored = part.put().map(|put| put.item().clone());
        if let (Some(stored), '!') = (&mut stored, reason) {
            stored.insert("cents".to_owned(), number(1));
        }
        CancellationReason::builder().code(code).set_item(stored.filter(|_| "=!".contains(reason))).build()
    });
    let meta = ErrorMetadata::builder().code("TransactionCanceledException").build();
    let cancelled = TransactionCanceledException::builder().meta(meta);
    let cancelled = cancelled.set_cancellation_reasons(Some(reasons.collect())).build();
    TransactWriteItemsError::TransactionCanceledException(cancelled)
}

/// The parts of a call: the orders that it books, and the amounts that it adds to each account.
fn parts(call: &TransactWriteItemsInput) -> String {
    let parts = call.transact_items().iter().map(|part| match (part.put(), part.update()) {
        (Some(put), _) => put.item()["order"].as_s().unwrap().clone(),
        (_, Some(update)) => {
            let amount =
                |name: &str| update.expression_attribute_values().unwrap()[name].as_n().unwrap().clone();
            let customer = update.key()["customer"].as_s().unwrap();
            format!("{customer}+{}/{}", amount(":n0"), amount(":n1"))
        }
        _ => panic!("neither a put nor an update"),
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// Writes entries with a DynamoDB that gives these answers, and then writes everything. Returns their results in short, and the calls.
async fn put(entries: &[Entry], answers: &[Answer]) -> (Vec<String>, Vec<String>) {
    let answers = Mutex::new(answers.iter().copied().collect::<VecDeque<_>>());
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = calls.clone();
    let rule = mock!(Client::transact_write_items).then_compute_response(move |call| {
        seen.lock().unwrap().push(parts(call));
        match answers.lock().unwrap().pop_front().unwrap_or(Written) {
            Written => MockResponse::Output(TransactWriteItemsOutput::builder().build()),
            Cancelled(reasons) => MockResponse::Error(cancelled(call, reasons)),
            Fails(code) => MockResponse::Error(TransactWriteItemsError::generic(
                ErrorMetadata::builder().code(code).build(),
            )),
        }
    });
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule], |config| config
        .retry_config(RetryConfig::disabled()));
    let results = put_all(&client, entries).await.into_iter().map(|result| match result {
        Ok(effect) => format!("{effect:?}"),
        Err(failure) => {
            let kind = if failure.is_retryable() { "may be retried" } else { "for good" };
            format!("{}, {kind}", failure.reason().error_type)
        }
    });
    let calls = calls.lock().unwrap().clone();
    (results.collect(), calls)
}

const ALL: &str = "1 2 3 ann+40/2 bob+20/1";
const THROTTLED: &str = "ThrottlingError, may be retried";

#[tokio::test]
async fn what_comes_together_is_one_transaction_and_each_item_is_in_it_once() {
    let (results, calls) = put(&three(), &[]).await;
    assert_eq!((results, calls), (vec!["Made".to_owned(); 3], vec![ALL.to_owned()]));
}

#[tokio::test]
async fn a_duplicate_costs_its_neighbours_one_more_call() {
    let (results, calls) = put(&three(), &[Cancelled("=....")]).await;
    assert_eq!(results, ["Duplicate", "Made", "Made"]);
    assert_eq!(calls, [ALL, "2 3 bob+20/1 ann+30/1"]);
}

#[tokio::test]
async fn the_same_key_with_another_content_is_refused_for_good_and_alone() {
    let (results, calls) = put(&three(), &[Cancelled(".!...")]).await;
    assert_eq!(results, ["Made", "IdempotencyConflict, for good", "Made"]);
    assert_eq!(calls, [ALL, "1 3 ann+40/2"]);
}

#[tokio::test]
async fn a_batch_that_was_written_before_costs_one_call() {
    let (results, calls) = put(&three(), &[Cancelled("===..")]).await;
    assert_eq!((results, calls.len()), (vec!["Duplicate".to_owned(); 3], 1));
}

#[tokio::test]
async fn a_throttled_item_is_no_duplicate_and_fails_only_what_it_belongs_to() {
    let (results, calls) = put(&three(), &[Cancelled("...t.")]).await;
    assert_eq!(results, [THROTTLED, "Made", THROTTLED]);
    assert_eq!(calls, [ALL, "2 bob+20/1"]);
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_no_duplicate_and_is_tried_again_behind_the_others() {
    let (results, calls) = put(&three(), &[Cancelled("...c.")]).await;
    assert_eq!(results, ["Made"; 3]);
    assert_eq!(calls, [ALL, "2 bob+20/1", "1 3 ann+40/2"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_always_conflicts_fails_for_a_retry() {
    let (results, calls) = put(&three()[..1], &[Cancelled(".c"); 9]).await;
    assert_eq!(results, ["TransactionConflict, may be retried"]);
    assert_eq!(calls, ["1 ann+10/1"; 5]);
}

#[tokio::test]
async fn what_is_poison_is_found_one_by_one_and_costs_its_neighbours_one_more_call() {
    let (results, calls) = put(&three(), &[Cancelled("...v."), Written, Cancelled(".v"), Written]).await;
    assert_eq!(results, ["ValidationError, for good", "Made", "Made"]);
    assert_eq!(calls, [ALL, "2 bob+20/1", "1 ann+10/1", "3 ann+30/1"]);
}

#[tokio::test]
async fn a_call_that_is_refused_as_a_whole_comes_apart() {
    let refused = Fails("ValidationException");
    let (results, mut calls) = put(&three(), &[refused, refused]).await;
    assert_eq!(results.iter().filter(|result| *result == "Made").count(), 2);
    assert_eq!(results.iter().filter(|result| *result == "ValidationException, for good").count(), 1);
    calls.sort_unstable();
    assert_eq!(calls, [ALL, "1 ann+10/1", "2 bob+20/1", "3 ann+30/1"]);
}

#[tokio::test]
async fn a_transaction_that_is_cancelled_twice_comes_apart() {
    let (results, calls) = put(&three(), &[Cancelled("=...."), Cancelled("=...")]).await;
    assert_eq!(results, ["Duplicate", "Duplicate", "Made"]);
    assert_eq!(calls, [ALL, "2 3 bob+20/1 ann+30/1", "3 ann+30/1"]);
}

#[tokio::test]
async fn a_call_in_trouble_fails_all_for_a_retry_and_is_not_repeated() {
    for code in ["InternalServerError", "ThrottlingException"] {
        let (results, calls) = put(&three(), &[Fails(code)]).await;
        assert_eq!(results, vec![format!("{code}, may be retried"); 3]);
        assert_eq!(calls, [ALL]);
    }
}

#[tokio::test]
async fn a_call_in_trouble_is_the_last_of_many() {
    let many: Vec<_> = (0..120).map(|n| booking(&n.to_string(), "ann", 1)).collect();
    let (results, calls) = put(&many, &[Fails("InternalServerError")]).await;
    assert_eq!((results, calls.len()), (vec!["InternalServerError, may be retried".to_owned(); 120], 1));
}

#[tokio::test]
async fn of_equal_entries_one_is_made() {
    let [one, two, _] = three();
    let twice = [one.clone(), two, one];
    let (results, calls) = put(&twice, &[]).await;
    assert_eq!(results, ["Made", "Made", "Duplicate"]);
    assert_eq!(calls, ["1 2 ann+10/1 bob+20/1"]);
    let (results, _) = put(&twice, &[Cancelled("..t.")]).await;
    assert_eq!(results, [THROTTLED, "Made", THROTTLED], "what was not written is no duplicate");
}

#[tokio::test]
async fn a_key_that_comes_with_two_contents_is_no_copy() {
    let forged = [booking("1", "ann", 10), booking("1", "ann", 99)];
    // DynamoDB refuses a transaction that touches an item twice.
    let (results, calls) = put(&forged, &[Fails("ValidationException"), Written, Cancelled("!.")]).await;
    assert_eq!(results, ["Made", "IdempotencyConflict, for good"]);
    assert_eq!(calls, ["1 1 ann+109/2", "1 ann+10/1", "1 ann+99/1"]);
}

#[tokio::test]
async fn entries_beyond_the_limits_of_a_transaction_are_several() {
    let customer = |n: i32| format!("{n:02}");
    let many: Vec<_> = (0..60).map(|n| booking(&n.to_string(), &customer(n), 1)).collect();
    let (results, calls) = put(&many, &[]).await;
    let lengths: Vec<_> = calls.iter().map(|call| call.split(' ').count()).collect();
    assert_eq!((results, lengths), (vec!["Made".to_owned(); 60], vec![100, 20]), "items");

    let large = |n: i32| {
        let letter = item::new([("order", text(n)), ("text", text("x".repeat(390_000)))]);
        Entry::once("letters", "order", letter)
    };
    let (_, calls) = put(&(0..12).map(large).collect::<Vec<_>>(), &[]).await;
    assert_eq!(calls, ["0 1 2 3 4 5 6 7 8", "9 10 11"], "bytes");
}

#[tokio::test]
async fn a_sum_that_no_number_holds_is_written_in_parts() {
    let most = || item::new([("customer", text("ann"))]);
    let entry = |order: &str| {
        let booking = item::new([("order", text(order))]);
        Entry::once("bookings", "order", booking).add_to(
            "accounts",
            most(),
            [("cents", i128::MAX), ("orders", 1)],
        )
    };
    let (results, calls) = put(&[entry("1"), entry("2")], &[]).await;
    assert_eq!((results, calls.len()), (vec!["Made".to_owned(); 2], 2));
}

#[tokio::test]
async fn what_requires_no_effect_makes_no_call() {
    let (results, calls) = put(&[Entry::nothing("a sample")], &[]).await;
    assert_eq!((results, calls), (vec![r#"Nothing("a sample")"#.to_owned()], Vec::<String>::new()));
}

#[test]
fn writing_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    fn write(client: &Client) {
        is_send(put_all(client, &[]));
    }
    let _ = write;
}
