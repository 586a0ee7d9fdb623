//! Builds that break a promise in their code, not in their data.

use end_to_end::{Caller, Ride, Service, World, eventually};
use serde_json::Value;

use crate::program::audits;

const LOYALTY: Service = Service::LOYALTY;

/// The findings of an audit that an earlier one didn't have.
async fn finds_since(before: &Value) -> Vec<Value> {
    let (green, audit) = audits().await;
    let known = before["findings"].as_array().unwrap();
    let new: Vec<Value> =
        audit["findings"].as_array().unwrap().iter().filter(|f| !known.contains(f)).cloned().collect();
    assert!(!green || new.is_empty(), "{audit:#}");
    new
}

#[tokio::test]
async fn with_idempotency_off_a_second_delivery_is_found() {
    let world = World::alone().await;
    let (_, before) = audits().await;
    let ride = Ride::default();
    let points = || world.points(ride.customer());
    let broken = world.with_build(LOYALTY.function, "award-points-again", async || {
        let id = Caller::unicorn_management_app(&world).await.completes(&ride).await;
        eventually("its points are awarded", points, |points| *points == Some(("256".into(), "1".into())))
            .await;
        eventually("it is in the lake", || world.filed(&id), |filed| *filed == (1, 1)).await;
        assert_eq!(finds_since(&before).await, Vec::<Value>::new(), "one delivery does no harm");
        world.delivers(LOYALTY, &world.event_in_the_lake(&id).await).await;
        eventually("and again", points, |points| *points == Some(("512".into(), "2".into()))).await;
    });
    broken.await;
    let findings = finds_since(&before).await;
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding["service"], "customer-loyalty");
    assert_eq!(finding["what"], "awards don't add up to the balance");
    assert!(finding["about"].as_str().unwrap().contains(ride.customer()), "{finding}");
    world.sets_points(ride.customer(), 256, 1).await;
    assert_eq!(finds_since(&before).await, Vec::<Value>::new());
}

#[tokio::test]
async fn with_the_effect_after_the_acknowledgement_a_crash_is_found() {
    let world = World::alone().await;
    let (_, before) = audits().await;
    let ride = Ride::default();
    let broken = world.with_build(LOYALTY.function, "award-points-unheard", async || {
        let id = Caller::unicorn_management_app(&world).await.completes(&ride).await;
        eventually("it is in the lake", || world.filed(&id), |filed| *filed == (1, 1)).await;
        eventually("it is acknowledged", || world.backlog(LOYALTY), |messages| *messages == 0).await;
        assert!(world.kills(&[LOYALTY.function]) > 0, "nobody was there to be killed");
        id
    });
    let id = broken.await;
    let findings = finds_since(&before).await;
    let [finding] = findings.as_slice() else { panic!("{findings:#?}") };
    assert_eq!(finding["about"], format!("ride {id}"));
    assert_eq!(finding["what"], "effect of RideCompleted missing or wrong");
    // A correct build makes up for it, if the event still exists somewhere.
    world.delivers(LOYALTY, &world.event_in_the_lake(&id).await).await;
    eventually("its points are there", || world.points(ride.customer()), Option::is_some).await;
    assert_eq!(finds_since(&before).await, Vec::<Value>::new());
}
