//! A completed ride reaches every interested service.

use end_to_end::{Caller, Ride, World, eventually, unique};

#[tokio::test]
async fn a_ride_reaches_every_service_and_each_does_its_part() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let ride = Ride::default();
    let email = format!("{}@example.com", ride.customer());
    world.puts_address_on_file(ride.customer(), &email).await;

    let id = app.completes(&ride).await;

    eventually("the receipt is sent", || world.notification(&id), |n| n.as_deref() == Some("SENT")).await;
    eventually("the fare is open", || world.fare(&id), |f| f.as_deref() == Some("256.5")).await;
    let points = Some(("256".to_owned(), "1".to_owned()));
    eventually("the points are awarded", || world.points(ride.customer()), |p| *p == points).await;
    eventually("the event is in the lake", || world.filed(&id), |f| *f == (1, 1)).await;
    eventually("the ride is featured", || world.featured(&id), |f| *f).await;

    // The e-mail about its fare comes too, at any time.
    let receipt = world.mailbox(&email).await.into_iter().find(|mail| mail.contains("Route")).unwrap();
    for part in [&id, "256.50 EUR", "Berlin - Frankfurt"] {
        assert!(receipt.contains(part), "{part} in {receipt}");
    }
}

#[tokio::test]
async fn no_address_on_file_is_not_an_error() {
    let world = World::shared().await;
    let id = Caller::unicorn_management_app(&world).await.completes(&Ride::default()).await;
    eventually("it is noted", || world.notification(&id), |n| n.as_deref() == Some("NO_ADDRESS")).await;
}

#[tokio::test]
async fn a_customers_rides_add_up() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let ride = Ride::default();
    for fare in ["99.99", "0.99", "400.00", "0"] {
        app.completes(&ride.clone().with("fare", fare)).await;
    }
    let sum = Some(("499".to_owned(), "4".to_owned()));
    eventually("points of whole units only", || world.points(ride.customer()), |p| *p == sum).await;
}

#[tokio::test]
async fn numeric_strings_are_numbers() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let ride = Ride::default().with("fare", "256.5").with("distance", "6e2").with("duration", "420");
    let id = app.completes(&ride).await;
    eventually("the fare is exact", || world.fare(&id), |f| f.as_deref() == Some("256.5")).await;
    eventually("the filter sees numbers", || world.featured(&id), |f| *f).await;
}

#[tokio::test]
async fn a_correlation_id_goes_all_the_way() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (correlation, trace) = (unique("corr"), "0af7651916cd43dd8448eb211c80319c");
    let headers = [
        ("x-correlation-id", correlation.as_str()),
        ("traceparent", &format!("00-{trace}-b7ad6b7169203331-01")),
    ];
    let answer = app.posts(&Ride::default().json(), &headers).await;
    let id = answer.body["id"].as_str().unwrap().to_owned();
    eventually("the event is in the lake", || world.filed(&id), |f| *f == (1, 1)).await;
    let filed = world.filed_event(&id).await;
    assert_eq!(filed.correlation_id, correlation);
    assert!(filed.traceparent.contains(trace), "{filed:?}");
}

#[tokio::test]
async fn every_fare_stays_exact() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    // Digits that binary floating point can't hold.
    for (fare, kept) in [("0.10", "0.1"), ("0.30", "0.3"), ("1000000", "1000000"), ("999999.99", "999999.99")]
    {
        let body = Ride::default().json().replace("256.5", fare);
        let answer = app.posts(&body, &[]).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.body["id"].as_str().unwrap().to_owned();
        eventually("the fare is exact", || world.fare(&id), |f| f.as_deref() == Some(kept)).await;
    }
}
