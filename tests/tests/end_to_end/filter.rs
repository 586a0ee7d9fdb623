//! The message filter of Extraordinary Rides: fare >= 50 and distance >= 20.

use end_to_end::{Caller, Ride, Service, World, eventually};

#[tokio::test]
async fn rides_are_extraordinary_from_both_bounds_on() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let mut rides = Vec::new();
    for (fare, distance, extraordinary) in [
        ("50", "20", true),
        ("50.00", "20.000", true),
        ("50.01", "20.001", true),
        ("49.99", "20", false),
        ("50", "19.999", false),
        ("49.99", "19.999", false),
        ("1000000", "19.999", false),
        ("49.99", "100000", false),
        ("0", "0", false),
    ] {
        let ride = Ride::default().with("fare", fare).with("distance", distance);
        rides.push((app.completes(&ride).await, extraordinary, fare, distance));
    }
    // When all rides have reached accounting, and all extraordinary ones are featured, the topic has filtered them all.
    for (id, extraordinary, ..) in &rides {
        eventually("the ride is through", || world.fare(id), Option::is_some).await;
        if *extraordinary {
            eventually("the ride is featured", || world.featured(id), |f| *f).await;
        }
    }
    eventually("nothing waits", || world.backlog(Service::EXTRAORDINARY), |n| *n == 0).await;
    for (id, extraordinary, fare, distance) in &rides {
        assert_eq!(world.featured(id).await, *extraordinary, "fare {fare}, distance {distance}");
    }
}
