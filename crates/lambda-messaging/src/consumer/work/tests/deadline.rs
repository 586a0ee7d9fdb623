//! Work that the function's deadline ends.

use tokio::sync::Notify;

use super::*;
use crate::consumer::{AnyEvent, BatchReceiver, handler::Batch};

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_begun_in_time_keeps_all_its_attempts() {
    let (mut queue, rough) = (Queue::in_groups(&[(Some("a"), "slow"); 10]), Rough::default());
    let mut deliveries = 0;
    while !queue.waiting.is_empty() {
        queue.deliver(&EachGroup(&rough), Duration::from_millis(400), &rough.killed).await;
        assert!(queue.waits().iter().all(|wait| *wait == 0), "it comes at once: {:?}", queue.waits());
        deliveries += 1;
    }
    assert!((2..10).contains(&deliveries), "{deliveries}");
    let in_order: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(rough.attempted(), in_order, "each once");
    let rows = queue.table.0.lock().unwrap();
    assert!(rows.values().all(|past| !past.unended && past.attempts <= 1), "{rows:?}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_end_costs_only_its_own_message_time() {
    let (mut queue, rough) = (Queue::of(&["good", "endless", "slow"]), Rough::default());
    for _ in 0..4 {
        let delivered = queue.deliver(&One(&rough), Duration::from_millis(400), &rough.killed).await;
        assert_eq!(delivered, kept(&["1"]));
    }
    assert_eq!(queue.deliver(&One(&rough), Duration::from_millis(400), &rough.killed).await, kept(&[]));
    assert_eq!(queue.letters(), ["OutOfTime"]);
}

/// Never ends with more than one event.
struct Overwhelmed;

impl BatchReceiver for Overwhelmed {
    async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
        match events.len() {
            1 => vec![Ok(Effect::Made)],
            _ => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_too_long_is_kept_as_a_whole() {
    let mut queue = Queue::of(&["good", "good"]);
    let delivered = queue.deliver(&Batch(Overwhelmed), Duration::from_millis(400), &Notify::new()).await;
    assert_eq!(delivered, kept(&["0", "1"]));
    assert!(queue.waits().iter().all(|wait| (1..=2).contains(wait)), "{:?}", queue.waits());
}
