//! Calls, with a table that can lose answers and an API that can lose them too. The clock is the paused one of the tests.

mod any_crash;
mod world;

use tokio::time::{Duration, advance, timeout};

use self::world::{Fault, KEYS, LEASE, NO_KEYS, Way, World};
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
async fn without_keys_a_killed_delivery_leaves_an_unknown_outcome_and_no_second_call() {
    for (way, effects) in [(Way::HangBefore, 0), (Way::HangAfter, 1)] {
        let world = World::new(NO_KEYS);
        killed_after(5, world.charge(way)).await;
        lease_ends().await;
        for _ in 0..3 {
            assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Unknown));
        }
        assert_eq!((world.arrived(), world.effects()), (1, effects));
        assert_eq!(world.table.attribute("status"), "UNKNOWN");
        let failure = Outcome::<String>::Unknown.known().unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("OutcomeUnknown", false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_unknown_without_keys_and_repeated_at_once_with_them() {
    let world = World::new(NO_KEYS);
    assert_eq!(world.charge(Way::LoseAnswer).await, Ok(Outcome::Unknown));
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Unknown));
    assert_eq!(world.arrived(), 1);

    let world = World::new(KEYS);
    let failure = world.charge(Way::LoseAnswer).await.unwrap_err();
    assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("OutcomeUnknown", true));
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
    assert_eq!((world.arrived(), world.effects()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_doubt_is_not_repeated_after_the_api_may_have_forgotten_its_key() {
    let world = World::new(KEYS);
    world.charge(Way::LoseAnswer).await.unwrap_err();
    advance((SignedDuration::from_hours(24) - LEASE - SignedDuration::from_secs(1)).unsigned_abs()).await;
    world.charge(Way::LoseAnswer).await.unwrap_err();
    advance(Duration::from_secs(2)).await;
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Unknown));
    assert_eq!(world.arrived(), 2);
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
async fn a_refusal_does_not_remove_the_doubt_about_an_earlier_call() {
    let world = World::new(KEYS);
    world.charge(Way::LoseAnswer).await.unwrap_err();
    assert_eq!(world.charge(Way::Refuse).await, Ok(Outcome::Unknown));
    let failure = world.charge(Way::Busy).await.unwrap_err();
    assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("OutcomeUnknown", true));
    let throttled = world.charge(Way::Throttle).await.unwrap_err();
    assert!(throttled.is_throttling(), "an attempt that doesn't count: {throttled}");
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
    assert_eq!(world.effects(), 1);
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
async fn a_record_that_expired_does_not_count_even_if_dynamodb_has_not_deleted_it() {
    let world = World::new(NO_KEYS);
    world.charge(Way::Answer).await.unwrap();
    advance((KEPT - SignedDuration::from_secs(2)).unsigned_abs()).await;
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Duplicate("receipt-1".to_owned())));
    advance(Duration::from_secs(3)).await;
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-2".to_owned())));
    advance(KEPT.unsigned_abs() + Duration::from_secs(1)).await;
    assert_eq!(world.charge_cents(200, Way::Answer).await, Ok(Outcome::Made("receipt-3".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_call_in_doubt_never_expires() {
    for (api, way) in [(KEYS, Way::LoseAnswer), (NO_KEYS, Way::LoseAnswer), (NO_KEYS, Way::LoseRequest)] {
        let world = World::new(api);
        let _ = world.charge(way).await;
        assert!(!world.table.has("expiresAt"));
        advance(2 * KEPT.unsigned_abs()).await;
        assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Unknown));
    }
    let world = World::new(NO_KEYS);
    killed_after(5, world.charge(Way::HangAfter)).await;
    assert!(!world.table.has("expiresAt"), "nor does one under way");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_dynamodb_deletes_while_it_is_replaced_is_written_anew() {
    let world = World::new(NO_KEYS);
    world.charge(Way::Refuse).await.unwrap_err();
    // It is found, and gone when it is written over.
    world.table.delete_before(2);
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_can_not_be_recorded_is_returned_all_the_same() {
    let world = World::new(KEYS);
    world.table.fail_from(2);
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
    world.table.heal();
    lease_ends().await;
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
    assert_eq!((world.effects(), world.table.attribute("status").as_str()), (1, "DONE"));
}

#[tokio::test(start_paused = true)]
async fn a_short_trouble_of_the_table_does_not_lose_the_outcome() {
    let world = World::new(NO_KEYS);
    for request in 2..5 {
        world.table.treat(request, Fault::Fails);
    }
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Duplicate("receipt-1".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn without_its_claim_on_record_nothing_is_called() {
    let world = World::new(NO_KEYS);
    world.table.fail_from(1);
    let failure = world.charge(Way::Answer).await.unwrap_err();
    assert!(failure.is_retryable());
    assert_eq!(world.arrived(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_given_up_and_made_by_the_next_delivery() {
    let world = World::new(NO_KEYS);
    world.table.treat(1, Fault::LosesAnswer);
    assert!(world.charge(Way::Answer).await.unwrap_err().is_retryable());
    assert_eq!((world.arrived(), world.table.attribute("status").as_str()), (0, "FREE"));
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_took_too_long_is_given_up_without_a_call() {
    let world = World::new(NO_KEYS);
    world.table.treat(1, Fault::Delays(Duration::from_secs(25)));
    let failure = world.charge(Way::Answer).await.unwrap_err();
    assert_eq!((failure.reason().error_type.as_str(), world.arrived()), ("OutOfTime", 0));
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Made("receipt-1".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_comes_after_its_lease_still_settles_the_doubt() {
    let world = World::new(NO_KEYS);
    // While the call is made, its function sleeps for so long that another delivery finds the lease over.
    let late = Box::pin(world.charge_during(async {
        world.table.end_lease();
        assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Unknown));
    }));
    assert_eq!(late.await, Ok(Outcome::Made("receipt-1".to_owned())));
    assert_eq!(world.charge(Way::Answer).await, Ok(Outcome::Duplicate("receipt-1".to_owned())));
    assert_eq!(world.effects(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_resolved_by_who_found_out() {
    for (resolution, then, effects) in [
        (Resolution::Made("receipt-9".to_owned()), Outcome::Duplicate("receipt-9".to_owned()), 1),
        (Resolution::NotMade, Outcome::Made("receipt-2".to_owned()), 2),
    ] {
        let world = World::new(NO_KEYS);
        world.charge(Way::LoseAnswer).await.unwrap();
        world.calls.resolve("charge/1", resolution).await.unwrap();
        assert_eq!(world.charge(Way::Answer).await, Ok(then));
        assert_eq!(world.effects(), effects);
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_doubt_can_be_resolved() {
    let world = World::new(NO_KEYS);
    let not_made = Resolution::<String>::NotMade;
    let refused = async |world: &World| {
        world.calls.resolve("charge/1", not_made.clone()).await.unwrap_err().reason().error_type.clone()
    };
    assert_eq!(refused(&world).await, "NotInDoubt", "there is no call");
    killed_after(5, world.charge(Way::HangAfter)).await;
    assert_eq!(refused(&world).await, "CallInProgress");
    lease_ends().await;
    world.calls.resolve("charge/1", not_made.clone()).await.unwrap();
    assert_eq!(refused(&world).await, "NotInDoubt", "it was resolved");
    world.charge(Way::Answer).await.unwrap();
    assert_eq!(refused(&world).await, "NotInDoubt", "it has an outcome");
}

#[tokio::test(start_paused = true)]
async fn a_record_that_makes_no_sense_is_left_to_a_person() {
    for (name, value) in [
        ("status", serde_json::json!({"S": "LOST"})),
        ("digest", serde_json::json!({"N": "1"})),
        ("token", serde_json::json!({"NULL": true})),
        ("expiresAt", serde_json::json!({"S": "soon"})),
    ] {
        let world = World::new(KEYS);
        world.charge(Way::Answer).await.unwrap();
        world.table.set(name, value);
        let failure = world.charge(Way::Answer).await.unwrap_err();
        assert_eq!(
            (failure.reason().error_type.as_str(), failure.is_retryable()),
            ("MalformedCall", false),
            "{name}"
        );
        assert_eq!(world.arrived(), 1);
    }
    let world = World::new(KEYS);
    world.charge(Way::Answer).await.unwrap();
    world.table.set("outcome", serde_json::json!({"S": "{"}));
    assert_eq!(world.charge(Way::Answer).await.unwrap_err().reason().error_type, "UnreadableOutcome");
}

#[tokio::test(start_paused = true)]
async fn a_stored_outcome_and_its_effect_are_for_a_receiver() {
    let world = World::new(KEYS);
    let first = world.charge(Way::Answer).await.unwrap().known().unwrap();
    let second = world.charge(Way::Answer).await.unwrap().known().unwrap();
    let receipt = "receipt-1".to_owned();
    assert_eq!((first, second), ((receipt.clone(), Effect::Made), (receipt, Effect::Duplicate)));
}
