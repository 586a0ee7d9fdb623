//! Calls, with a table that can lose answers and an API that can lose them too. The clock is the paused one of the tests.

mod any_crash;
mod doubt;
mod table;
mod table_trouble;
mod world;

use tokio::time::{Duration, Instant, advance, timeout};

use self::{
    table::Fault,
    world::{KEYS, LEASE, NO_KEYS, Way, World},
};
use super::*;
use crate::{Effect, idempotent_write::is_conflict};

/// A way to crash: the function is killed after this time.
async fn killed_after(seconds: u64, work: impl Future) {
    assert!(timeout(Duration::from_secs(seconds), work).await.is_err(), "it was still at work");
}

async fn lease_ends() {
    advance(LEASE.unsigned_abs()).await;
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_gets_the_stored_outcome_without_a_call() {
    for api in [KEYS, NO_KEYS] {
        let world = World::new(api);
        assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
        assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Duplicate("receipt-1".to_owned())));
        assert_eq!((world.arrived(), world.effects()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_call_costs_two_writes_and_a_duplicate_one() {
    let world = World::new(KEYS);
    world.charge(Way::Answer).await.unwrap();
    assert_eq!(world.table.requests(), ["PutItem", "PutItem"]);
    world.charge(Way::Answer).await.unwrap();
    assert_eq!(world.table.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_same_id_with_another_request_is_refused_for_good() {
    for (way, status) in [(Way::Answer, "DONE"), (Way::Refuse, "FREE"), (Way::LoseAnswer, "UNKNOWN")] {
        let world = World::new(NO_KEYS);
        let _ = world.charge(way).await;
        assert_eq!(world.table.attribute("status"), status);
        let failure = world.charge_cents(200, Way::Answer).await.unwrap_err();
        assert!(is_conflict(&failure) && !failure.is_retryable(), "{failure}");
        assert_eq!(world.arrived(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_delivery_is_calling_no_other_one_calls() {
    let world = World::new(NO_KEYS);
    let (first, second) = tokio::join!(world.charge(Way::Slow(5)), async {
        advance(Duration::from_secs(1)).await;
        world.charge(Way::Answer).await
    });
    assert_eq!(first, Ok(Outcome::Made("receipt-1".to_owned())));
    let failure = second.unwrap_err();
    assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("CallInProgress", true));
    assert_eq!(world.effects(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_killed_delivery_is_taken_over_after_its_lease_with_the_same_key() {
    for way in [Way::HangBefore, Way::HangAfter] {
        let world = World::new(KEYS);
        killed_after(5, world.charge(way)).await;
        let early = world.charge(Way::Answer).await.unwrap_err();
        assert_eq!(early.reason().error_type, "CallInProgress");
        lease_ends().await;
        assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
        assert_eq!((world.arrived(), world.effects(), world.keys().len()), (2, 1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_stored_and_the_next_delivery_calls_again() {
    for api in [KEYS, NO_KEYS] {
        let world = World::new(api);
        let failure = world.charge(Way::Refuse).await.unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("Refused", false));
        let failure = world.charge(Way::Busy).await.unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("Busy", true));
        assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_cut_off_in_time_to_record_that() {
    let world = World::new(NO_KEYS);
    let began = Instant::now();
    assert_eq!(world.charge(Way::HangAfter).await, Ok(Outcome::Unknown));
    assert!(began.elapsed() < LEASE.unsigned_abs());
    assert_eq!(world.table.attribute("status"), "UNKNOWN");
}

#[tokio::test(start_paused = true)]
async fn a_stored_outcome_and_its_effect_are_for_a_receiver() {
    let world = World::new(KEYS);
    let first = world.charge(Way::Answer).await.unwrap().known().unwrap();
    let second = world.charge(Way::Answer).await.unwrap().known().unwrap();
    let receipt = "receipt-1".to_owned();
    assert_eq!((first, second), ((receipt.clone(), Effect::Made), (receipt, Effect::Duplicate)));
}
