//! Reconciliation: the next run learns each later report of the provider once, and notifies people.
//!
//! These tests invoke the function instead of waiting for its schedule. Each runs alone, because a run also learns the reports about
//! other tests' payments.

use contracts::RideId;
use end_to_end::{Fare, Saga, Service, World, eventually, unique};
use tokio::process::Command;

const FARE: i64 = 25650;

async fn rydes(arguments: &[&str]) {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make test-e2e`");
    let output = Command::new(program).args(arguments).output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Collects the fare of a customer whose id has this suffix; returns the fare's id.
async fn collects(saga: &Saga, suffix: &str) -> String {
    let (id, customer) = (RideId::new().to_string(), format!("{}{suffix}", unique("c")));
    saga.ended(&saga.start(&id, &customer).await).await;
    id
}

fn given_up() -> Fare {
    Fare { status: Some("FAILED".into()), taken: 0, reserved: false, paid: 0, parked: vec![] }
}

#[tokio::test]
async fn a_refund_that_fails_later_is_learned_and_told_once_and_can_be_made_again() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let id = collects(&saga, "_fail_refund_later_fail_credit").await;
    // The provider accepted the refund, and we still have the money.
    assert_eq!(world.looks_at(&id).await, Fare { taken: FARE, ..given_up() });
    assert_eq!(world.payment(&id, "status").await.as_deref(), Some("REFUNDED"));

    world.reconciles().await;
    let learned = async || (world.payment(&id, "status").await, world.looks_at(&id).await);
    let is_reviewed =
        |(_, fare): &(_, Fare)| fare.status.as_deref() == Some("NEEDS_REVIEW") && !fare.parked.is_empty();
    let (status, fare) = eventually("people have the fare", learned, is_reviewed).await;
    assert_eq!((status.as_deref(), fare.taken, fare.parked.len()), (Some("CAPTURED"), FARE, 1));
    assert_eq!(world.payment(&id, "refundFailure").await.as_deref(), Some("expired_or_canceled_card"));
    let message = world.parked_state(&id).await;
    assert_eq!(
        (&message["reported"]["kind"], &message["compensationFailure"]["Error"]),
        (&"refund-failed".into(), &"RefundFailed".into())
    );
    saga.ended(&fare.parked[0]).await;

    world.reconciles().await;
    assert_eq!(world.looks_at(&id).await, fare, "it is learned once, and told once");

    rydes(&["fare", "resolve", &id, "--as", "taken-back", "--note", "the bank takes refunds again"]).await;
    assert_eq!(world.looks_at(&id).await, given_up());
    assert_eq!(world.payment(&id, "status").await.as_deref(), Some("REFUNDED"));
    // The fare's end is announced once more. With another time, the lake would file and count it as another event.
    let event = format!("{id}-failed");
    eventually("the lake has all events", || world.backlog(Service::DATALAKE), |n| *n == 0).await;
    assert_eq!((world.filed_times(&event).await.len(), world.filed(&event).await.1), (1, 1));

    world.reconciles().await;
    assert_eq!(world.looks_at(&id).await, given_up(), "the old failure undoes no later refund");
}

#[tokio::test]
async fn a_dispute_is_learned_and_told_once_and_the_fare_stays_as_it_is() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let id = collects(&saga, "_disputed").await;
    let collected =
        Fare { status: Some("COLLECTED".into()), taken: FARE, reserved: false, paid: FARE, parked: vec![] };
    assert_eq!(world.looks_at(&id).await, collected);

    world.reconciles().await;
    let told = eventually("people are told", || world.looks_at(&id), |fare| !fare.parked.is_empty()).await;
    assert_eq!(told, Fare { parked: told.parked.clone(), ..collected.clone() });
    let reason = world.payment(&id, "disputeReason").await;
    assert_eq!(
        (world.payment(&id, "status").await.as_deref(), reason.as_deref()),
        (Some("CAPTURED"), Some("fraudulent"))
    );
    assert_eq!(saga.ended(&told.parked[0]).await.status, "SUCCEEDED");

    world.reconciles().await;
    assert_eq!(world.looks_at(&id).await, told, "it is learned once, and told once");

    rydes(&["fare", "settle-dispute", &id]).await;
    assert_eq!(world.looks_at(&id).await, collected);
}

#[tokio::test]
async fn a_run_that_can_tell_nobody_is_completed_by_the_next_one() {
    let world = World::alone().await;
    let saga = Saga::deployed(&world).await;
    let id = collects(&saga, "_fail_refund_later_fail_credit").await;
    let mute = async {
        let tried = std::panic::AssertUnwindSafe(world.reconciles());
        let failed = futures_util::FutureExt::catch_unwind(tried).await;
        assert!(failed.is_err(), "it says that it could notify no one");
    };
    world.while_denied("reconcile-payments", "states:StartExecution", mute).await;
    assert_eq!(world.payment(&id, "status").await.as_deref(), Some("CAPTURED"));
    assert_eq!(world.looks_at(&id).await.parked.len(), 0);

    world.reconciles().await;
    let is_told = |fare: &Fare| fare.status.as_deref() == Some("NEEDS_REVIEW") && fare.parked.len() == 1;
    eventually("people have the fare", || world.looks_at(&id), is_told).await;
    rydes(&["fare", "resolve", &id, "--as", "taken-back"]).await;
    assert_eq!(world.looks_at(&id).await, given_up());
}
