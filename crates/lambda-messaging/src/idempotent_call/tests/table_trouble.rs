//! The table of records is slow, fails, loses answers, or has records that expired or make no sense.

use super::*;

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
