//! Calls that may have been made, and may not.

use super::*;

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
