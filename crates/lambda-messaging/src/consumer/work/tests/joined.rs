//! Batches whose effects are written together.

use tokio::sync::Notify;

use super::*;
use crate::{
    Event,
    consumer::{EntryReceiver, joined::Joined, tests::Task},
    joined_write::{
        Entry,
        tests::{
            booking,
            table::{BROKEN, Fault, Table as Orders},
        },
    },
};

/// Books an order for the customer that a task names.
struct Booking;

impl EntryReceiver for Booking {
    type Payload = Task;

    fn entry(&self, event: Event<Task>) -> Result<Entry, Failure> {
        match event.data.way.as_str() {
            "panic" => panic!("on purpose"),
            "permanent" => Err(Failure::permanent("Refused", "never")),
            "nothing" => Ok(Entry::nothing("a sample")),
            customer => Ok(booking(&event.data.label, customer, 10)),
        }
    }
}

fn joined(orders: &Orders) -> Joined<Booking> {
    Joined { receiver: Booking, client: orders.client() }
}

async fn deliver(queue: &mut Queue, orders: &Orders) -> Delivered {
    queue.deliver(&joined(orders), AMPLE, &Notify::new()).await
}

#[tokio::test(start_paused = true)]
async fn a_batch_costs_one_call_and_what_has_no_entry_fails_alone() {
    let (mut queue, orders) =
        (Queue::of(&["ann", "bob", "panic", "ann", "permanent", "nothing", "ann"]), Orders::default());
    queue.waiting[6].body = "{".to_owned();
    assert_eq!(deliver(&mut queue, &orders).await, kept(&["2"]));
    assert_eq!(
        (orders.calls(), queue.letters()),
        (vec![5], vec!["Refused".to_owned(), "MalformedEvent".to_owned()])
    );
    assert_eq!(orders.items()["ann"]["cents"], 20);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_has_failed_is_written_by_itself() {
    let (mut queue, orders) = (Queue::of(&["ann", "bob"]), Orders::default());
    orders.meets([Some(Fault::Fails); 2]);
    assert_eq!(deliver(&mut queue, &orders).await, kept(&["0", "1"]));
    assert_eq!(orders.calls(), [4, 4], "the SDK makes a failed call once more");
    assert_eq!(deliver(&mut queue, &orders).await, kept(&[]));
    assert_eq!(orders.calls(), [4, 4, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_costs_no_message_an_attempt() {
    let (mut queue, orders) = (Queue::of(&["ann", "bob"]), Orders::default());
    orders.meets([Some(Fault::Throttled); 2]);
    assert_eq!(deliver(&mut queue, &orders).await, kept(&["0", "1"]));
    assert_eq!(queue.table.rows(), 0);
    assert_eq!(deliver(&mut queue, &orders).await, kept(&[]));
    assert_eq!(orders.calls(), [4, 4, 4], "it is joined again");
}

#[tokio::test(start_paused = true)]
async fn what_was_written_counts_when_the_time_is_over() {
    let (mut queue, orders) = (Queue::of(&["ann", "bob", BROKEN]), Orders::default());
    orders.meets([None, None, Some(Fault::Hangs)]);
    let delivered = queue.deliver(&joined(&orders), Duration::from_millis(400), &Notify::new()).await;
    assert_eq!(delivered, kept(&["2"]));
    assert_eq!(orders.calls(), [6, 4, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_twice_in_a_batch_has_its_effect_once() {
    let (mut queue, orders) = (Queue::of(&["ann", "bob", "ann"]), Orders::default());
    queue.waiting[2].body = queue.waiting[0].body.clone();
    assert_eq!(deliver(&mut queue, &orders).await, kept(&[]));
    assert_eq!(orders.calls(), [4]);
    assert_eq!(orders.items()["ann"]["orders"], 1);
}
