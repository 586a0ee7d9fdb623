//! Messages are delivered at least once and have their effect once, and a bad message never blocks or loses a good one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use end_to_end::{Caller, Prebooking, Rfq, Ride, Service, World, eventually, unique};
use futures_util::future::join_all;
use serde_json::json;

/// A ride that has reached every service, by its event.
async fn completed(world: &World, ride: &Ride) -> (String, String) {
    let id = Caller::unicorn_management_app(world).await.completes(ride).await;
    let event = world.reaches_every_subscriber(&id).await;
    (id, event)
}

async fn drained(world: &World, services: &[Service]) {
    for service in services {
        eventually("the queue is empty", || world.backlog(*service), |n| *n == 0).await;
    }
}

/// Consumers rely on this: cancelling the transaction of a second delivery doesn't affect other transactions.
#[tokio::test]
async fn a_transaction_that_is_cancelled_takes_nothing_of_another_with_it() {
    let world = World::alone().await;
    let table = world.output("customer-payment", "SimulatedProviderTableName");
    let key = |id: &str| {
        [("fareId", id), ("entry", "TEST")].map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let writes = async |id: &str| {
        let put = Put::builder().table_name(table).condition_expression("attribute_not_exists(fareId)");
        let put =
            key(id).into_iter().fold(put, |put, (name, value)| put.item(name, AttributeValue::S(value)));
        let item = TransactWriteItem::builder().put(put.build().unwrap()).build();
        match world.dynamodb.transact_write_items().transact_items(item).send().await {
            Ok(_) => true,
            Err(error) => !error.into_service_error().is_transaction_canceled_exception(),
        }
    };
    let taken = unique("taken");
    assert!(writes(&taken).await);
    let ids: Vec<String> = (0..40).map(|_| unique("written")).collect();
    let both = ids.iter().map(async |id| tokio::join!(writes(id), writes(&taken)));
    assert!(join_all(both).await.into_iter().all(|outcome| outcome == (true, false)));
    for id in &ids {
        let get = world.dynamodb.get_item().table_name(table).consistent_read(true);
        let get = key(id).into_iter().fold(get, |get, (name, value)| get.key(name, AttributeValue::S(value)));
        assert!(get.send().await.unwrap().item.is_some(), "{id} was written, and is gone");
    }
}

#[tokio::test]
async fn a_redelivered_event_has_no_second_effect() {
    let world = World::alone().await;
    let ride = Ride::default();
    let email = format!("{}@example.com", ride.customer());
    world.puts_address_on_file(ride.customer(), &email).await;
    let (id, event) = completed(&world, &ride).await;
    let services = world.subscribers_of("RideCompleted").await;

    // The event goes twice into every queue, and once more from the topic to all of them.
    for service in &services {
        world.delivers(*service, &event).await;
        world.delivers(*service, &event).await;
    }
    world.tells_again_of(&id).await;
    drained(&world, &services).await;

    let paid = format!("{id}-collected");
    eventually("the payment is told", || world.notification(&paid), |n| n.as_deref() == Some("SENT")).await;
    let mails = world.mailbox(&email).await;
    let count = |word| mails.iter().filter(|mail| mail.contains(word)).count();
    assert_eq!((count("Route"), count("Paid"), mails.len()), (1, 1, 2), "one e-mail each: {mails:?}");
    let once = vec!["authorize".to_owned(), "capture".to_owned()];
    assert_eq!(world.looks_at_the_money(&id).await, (25650, 25650, once), "the fare is collected once");
    assert_eq!(world.fare(&id).await.as_deref(), Some("256.5"));
    assert_eq!(world.points(ride.customer()).await, Some(("256".into(), "1".into())));
    let (copies, counted) = world.filed(&id).await;
    assert_eq!(counted, 1, "the view counts the event once, of {copies} copies");
    for service in services {
        assert!(world.dead_letter(service, &event).await.is_none(), "{service:?}: a duplicate is no error");
    }
}

#[tokio::test]
async fn a_poison_message_goes_to_the_dead_letter_queue_with_its_reason() {
    let world = World::shared().await;
    let other_type = json!({"specversion": "1.0", "id": unique("e"), "source": "/test", "type": "RideStarted",
                            "time": "2026-11-23T00:00:00Z", "correlationid": "c", "data": {}});
    for service in world.subscribers_of("RideCompleted").await {
        let mangled = unique("{ not JSON");
        world.delivers(service, &mangled).await;
        let letter = eventually(
            "the message is dead-lettered",
            || world.dead_letter(service, &mangled),
            Option::is_some,
        );
        let letter = letter.await.unwrap();
        assert_eq!(letter.reason["errorType"], "MalformedEvent", "{service:?}");
        assert_eq!(letter.reason["receiveCount"], 1, "{service:?}: no retry could help");
        assert_eq!(letter.reason["service"], service.stack);

        // The data lake takes events of any type. To the other services an event of another type is poison.
        if service != Service::DATALAKE {
            let other = other_type.to_string();
            world.delivers(service, &other).await;
            let letter = eventually(
                "the event is dead-lettered",
                || world.dead_letter(service, &other),
                Option::is_some,
            );
            assert_eq!(letter.await.unwrap().reason["errorType"], "UnexpectedEventType", "{service:?}");
        }
    }
}

#[tokio::test]
async fn poison_beside_them_does_not_hold_up_good_messages() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let mut rides = Vec::new();
    for _ in 0..10 {
        world.delivers(Service::ACCOUNTING, &unique("poison")).await;
        rides.push(app.completes(&Ride::default()).await);
    }
    for id in &rides {
        eventually("the fare is open", || world.fare(id), Option::is_some).await;
    }
}

#[tokio::test]
async fn the_same_id_with_another_content_is_not_a_duplicate() {
    let world = World::shared().await;
    let ride = Ride::default();
    let id = Caller::unicorn_management_app(&world).await.completes(&ride).await;
    eventually("the event is in the lake", || world.filed(&id), |f| *f == (1, 1)).await;
    eventually("the fare is open", || world.fare(&id), Option::is_some).await;
    let forged = world.event_in_the_lake(&id).await.replace("256.50", "1.00");
    world.delivers(Service::ACCOUNTING, &forged).await;
    let letter = eventually(
        "it is dead-lettered",
        || world.dead_letter(Service::ACCOUNTING, &forged),
        Option::is_some,
    );
    assert_eq!(letter.await.unwrap().reason["errorType"], "IdempotencyConflict");
    assert_eq!(world.fare(&id).await.as_deref(), Some("256.5"), "the first stands");
}

#[tokio::test]
async fn a_service_in_trouble_catches_up() {
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let ride = Ride::default();
    let in_trouble = async {
        let id = app.completes(&ride).await;
        eventually("the others do their part", || world.points(ride.customer()), Option::is_some).await;
        eventually("the message waits in its queue", || world.backlog(Service::ACCOUNTING), |n| *n == 1)
            .await;
        assert_eq!(world.fare(&id).await, None);
        id
    };
    let id = world.while_denied(Service::ACCOUNTING.function, "dynamodb:PutItem", in_trouble).await;
    eventually("the fare is open", || world.fare(&id), Option::is_some).await;

    // The failed attempts and the last, successful one are all recorded.
    let table = world.output("customer-accounting", "AttemptsTableName");
    let scan = world.dynamodb.scan().table_name(table).consistent_read(true).send().await.unwrap();
    let attempts = |row: &HashMap<String, AttributeValue>| row["attempts"].as_n().unwrap().parse::<u32>();
    let ended = scan.items().iter().filter(|row| !row.contains_key("unended"));
    assert!(ended.map(attempts).any(|attempts| attempts.unwrap() > 1), "{:?}", scan.items());
}

#[tokio::test]
async fn trouble_while_accepting_is_a_503_and_the_same_key_later_is_one_ride() {
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (ride, key) = (Ride::default(), unique("key"));
    let headers = [("idempotency-key", key.as_str())];

    let in_trouble = async {
        for _ in 0..2 {
            let answer = app.posts(&ride.json(), &headers).await;
            assert_eq!((answer.status, answer.retry_after), (503, Some(1)), "{answer:?}");
        }
    };
    world.while_denied("submit-ride-completion", "dynamodb:PutItem", in_trouble).await;

    let before = world.ride_count().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let answer = app.posts(&ride.json(), &headers).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        ids.push(answer.body["id"].clone());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(world.ride_count().await, before + 1);
    let id = ids[0].as_str().unwrap();
    eventually("the fare is open", || world.fare(id), Option::is_some).await;
    eventually("one award", || world.points(ride.customer()), |p| *p == Some(("256".into(), "1".into())))
        .await;
}

#[tokio::test]
async fn the_same_key_at_the_same_time_is_one_ride() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (ride, key) = (Ride::default(), unique("key"));
    let (body, headers) = (ride.json(), [("idempotency-key", key.as_str())]);
    let (a, b, c) =
        tokio::join!(app.posts(&body, &headers), app.posts(&body, &headers), app.posts(&body, &headers));
    assert!(
        [&a, &b, &c].iter().all(|answer| answer.status == 201 && answer.body == a.body),
        "{a:?} {b:?} {c:?}"
    );
    let id = a.body["id"].as_str().unwrap();
    eventually("the fare is open", || world.fare(id), Option::is_some).await;
    eventually("one award", || world.points(ride.customer()), |p| *p == Some(("256".into(), "1".into())))
        .await;
}

#[tokio::test]
async fn a_key_is_its_callers_and_no_others() {
    let world = World::shared().await;
    let key = unique("key");
    let headers = [("idempotency-key", key.as_str())];
    let (mut ids, mut bookings) = (Vec::new(), Vec::new());
    for fare in ["1.00", "2.00"] {
        let (unicorns, customers) =
            (Caller::unicorn_management_app(&world).await, Caller::customer_app(&world).await);
        let rfq = Rfq::from(&unique("from")).json();
        for _ in 0..2 {
            let ride = unicorns
                .posts(&Ride::default().with("customer", "cmr").with("fare", fare).json(), &headers)
                .await;
            let rfq = customers.posts_rfq(&rfq, &headers).await;
            assert_eq!((ride.status, rfq.status), (201, 201), "{ride:?} {rfq:?}");
            ids.extend([ride.body["id"].clone(), rfq.body["rfq-id"].clone()]);
        }
        let booking = Prebooking::default().with("customer", fare.replace('.', "-")).json();
        bookings.push((customers.posts_prebooking(&booking, &headers).await, customers));
    }
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), 4, "a ride and a request of each caller: {ids:?}");
    for (answer, app) in bookings {
        let id = answer.body["id"].as_str().unwrap();
        let look = || app.queries_prebooking(id);
        eventually("it is confirmed", look, |booking| booking.body["status"] == "CONFIRMED").await;
    }
}

#[tokio::test]
async fn the_same_key_with_another_ride_is_refused() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (ride, key) = (Ride::default(), unique("key"));
    let headers = [("idempotency-key", key.as_str())];
    let first = app.posts(&ride.json(), &headers).await;
    assert_eq!(first.status, 201);
    let other = app.posts(&ride.clone().with("fare", "1.00").json(), &headers).await;
    assert_eq!(other.status, 422, "{other:?}");
    // The same ride, written in another way, is the same ride.
    let same = app.posts(&ride.with("fare", "256.50").json(), &headers).await;
    assert_eq!((same.status, same.body), (201, first.body));
}
