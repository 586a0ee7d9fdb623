//! Events that a service missed, and events that no service should have published.

use end_to_end::{Caller, Ride, Service, World, eventually};
use serde_json::json;

use crate::program::{audits, found};

/// A filter that is off by one: it asks for more than the bound, and the contract for at least the bound.
pub async fn missed_by_a_wrong_filter_are_found(world: &World) {
    let lowest = Ride::default().with("fare", "50").with("distance", "20");
    let kept_back = world.with_filter_of(Service::EXTRAORDINARY, ">=", ">", async || {
        let id = Caller::unicorn_management_app(world).await.completes(&lowest).await;
        eventually("it is published", || world.filed(&id), |f| *f == (1, 1)).await;
        id
    });
    let id = kept_back.await;
    let (green, audit) = audits().await;
    let unfeatured = "extraordinary-rides: effect of RideCompleted missing or wrong".to_owned();
    assert_eq!((green, found(&audit)), (false, vec![unfeatured]));
    assert_eq!(audit["findings"][0]["about"], format!("ride {id}"));
    world.delivers(Service::EXTRAORDINARY, &world.event_in_the_lake(&id).await).await;
    eventually("it is featured after all", || world.featured(&id), |f| *f).await;
    assert!(audits().await.0);
}

pub async fn of_unknown_rides_are_found(world: &World) {
    let event = json!({"specversion": "1.0", "id": uuid::Uuid::now_v7().to_string(), "source": "/test", "type": "RideCompleted",
                       "time": jiff::Timestamp::now().to_string(), "correlationid": "c", "data": {}});
    world.delivers(Service::DATALAKE, &event.to_string()).await;
    let id = event["id"].as_str().unwrap();
    eventually("it is in the lake", || world.filed(id), |f| *f == (1, 1)).await;
    let (green, audit) = audits().await;
    let stranger = "datalake-ingestion: event of a ride that was never accepted".to_owned();
    assert_eq!((green, found(&audit)), (false, vec![stranger]));
}
