//! Withheld e-mails: when a customer's address comes after the ride's event, the e-mail is sent then, unless it is too late.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use end_to_end::{Caller, Ride, Service, World, eventually, notified_events};
use futures_util::future::join_all;

async fn statuses(world: &World, events: &[String]) -> Vec<Option<String>> {
    join_all(events.iter().map(|event| world.notification(event))).await
}

fn all(status: &str) -> impl Fn(&Vec<Option<String>>) -> bool {
    move |statuses| statuses.iter().all(|found| found.as_deref() == Some(status))
}

/// A ride of a customer without an address, handled to its end; returns its id.
async fn withheld(world: &World, ride: &Ride) -> String {
    let id = Caller::unicorn_management_app(world).await.completes(ride).await;
    let looked_at = || async { statuses(world, &notified_events(&id)).await };
    eventually("both e-mails are withheld", looked_at, all("NO_ADDRESS")).await;
    eventually("both events are kept", || world.withheld(ride.customer()), |n| *n == 2).await;
    id
}

#[tokio::test]
async fn a_receipt_that_was_withheld_is_sent_once_its_address_is_there() {
    let world = World::alone().await;
    let ride = Ride::default();
    let [first, second] = ["first", "second"].map(|name| format!("{name}-{}@example.com", ride.customer()));
    let id = withheld(&world, &ride).await;
    eventually("the event is in the lake", || world.filed(&id), |f| *f == (1, 1)).await;
    let event = world.event_in_the_lake(&id).await;
    world.delivers(Service::NOTIFICATION, &event).await;
    eventually("it has come twice", || world.in_hand(Service::NOTIFICATION), |n| *n == 0).await;

    for _ in 0..2 {
        world.puts_address_on_file(ride.customer(), &first).await;
    }
    let looked_at = || async { statuses(&world, &notified_events(&id)).await };
    eventually("both e-mails are sent", looked_at, all("SENT")).await;
    eventually("nothing is kept any more", || world.withheld(ride.customer()), |n| *n == 0).await;
    world.delivers(Service::NOTIFICATION, &event).await;

    // Later e-mails go to the new address, and earlier ones are not sent there again.
    world.puts_address_on_file(ride.customer(), &second).await;
    let next = Caller::unicorn_management_app(&world).await.completes(&ride).await;
    let looked_at = || async { statuses(&world, &notified_events(&next)).await };
    eventually("the next two are sent", looked_at, all("SENT")).await;
    eventually("the queue is empty", || world.in_hand(Service::NOTIFICATION), |n| *n == 0).await;
    for (address, id) in [(&first, &id), (&second, &next)] {
        let mails = world.mailbox(address).await;
        assert!(mails.len() == 2 && mails.iter().all(|mail| mail.contains(id.as_str())), "{mails:?}");
    }
}

#[tokio::test]
async fn a_receipt_whose_window_is_over_is_not_sent() {
    let world = World::shared().await;
    let ride = Ride::default();
    let id = withheld(&world, &ride).await;
    let [receipt, payment] = notified_events(&id);
    // As if a day had passed, and the table hadn't deleted the expired event yet.
    let update = world.dynamodb.update_item().table_name(world.withheld_table());
    let update = update.key("customer", AttributeValue::S(ride.customer().to_owned()));
    let update = update.key("eventId", AttributeValue::S(receipt.clone()));
    let update = update.update_expression("SET expiresAt = :now");
    let now = AttributeValue::N(jiff::Timestamp::now().as_second().to_string());
    update.expression_attribute_values(":now", now).send().await.unwrap();

    let address = format!("{}@example.com", ride.customer());
    world.puts_address_on_file(ride.customer(), &address).await;
    eventually("the other is sent", || world.notification(&payment), |n| n.as_deref() == Some("SENT")).await;
    eventually("the other is kept no more", || world.withheld(ride.customer()), |n| *n == 1).await;
    assert_eq!(world.notification(&receipt).await.as_deref(), Some("NO_ADDRESS"));
    assert_eq!(world.mailbox(&address).await.len(), 1);
}

/// Each address comes at another moment: before the event, while it is handled, or after it.
#[tokio::test]
async fn an_address_that_comes_at_the_same_time_as_the_event_misses_nothing() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let rides = (0..20).map(|n| {
        let (world, app) = (&world, &app);
        async move {
            let ride = Ride::default();
            let id = app.completes(&ride).await;
            tokio::time::sleep(Duration::from_millis(n * 25)).await;
            world.puts_address_on_file(ride.customer(), &format!("{}@example.com", ride.customer())).await;
            notified_events(&id)
        }
    });
    let events = join_all(rides).await.concat();
    eventually("all are sent", || statuses(&world, &events), all("SENT")).await;
}
