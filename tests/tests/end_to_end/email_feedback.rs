//! SES reports what came of an e-mail. No emulator does, so the tests put the reports into the queue, as the topic does.

use end_to_end::{Caller, DeadLetter, Ride, Service, World, eventually, notified_events};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::json;

/// A ride of the customer, handled until both notifications have this status.
async fn rides_until(world: &World, ride: &Ride, status: &str) -> String {
    let id = Caller::unicorn_management_app(world).await.completes(ride).await;
    let statuses =
        || async { join_all(notified_events(&id).iter().map(|event| world.notification(event))).await };
    let all = |found: &Vec<Option<String>>| found.iter().all(|found| found.as_deref() == Some(status));
    eventually("both notifications are decided", statuses, all).await;
    id
}

/// A report of SES on an e-mail that was sent just now.
fn report(customer: &str, address: &str) -> String {
    json!({
        "eventType": "Bounce",
        "bounce": {
            "feedbackId": "0100017f0d7b2c4e-5b1c9f0e-000000", "bounceType": "Permanent", "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": address, "action": "failed", "status": "5.1.1"}],
            "timestamp": Timestamp::now().to_string(),
        },
        "mail": {
            "timestamp": format!("{:.3}", Timestamp::now()), "messageId": "0100017f0d7b2b00-1f2e3d4c-000000",
            "source": "receipts@wildrydes.example", "destination": [address],
            "tags": {"ses:configuration-set": ["wild-rydes"], "customer": [customer]},
        },
    })
    .to_string()
}

#[tokio::test]
async fn an_address_that_bounced_is_not_mailed_again_until_it_is_put_on_file_once_more() {
    let world = World::shared().await;
    let ride = Ride::default();
    let (customer, address) = (ride.customer(), format!("{}@example.com", ride.customer()));
    world.puts_address_on_file(customer, &address).await;
    rides_until(&world, &ride, "SENT").await;

    let bounced = report(customer, &address);
    for _ in 0..2 {
        world.delivers(Service::EMAIL_FEEDBACK, &bounced).await;
    }
    let failing = || world.failing_address(customer);
    eventually("the address is known to fail", failing, |why| why.as_deref() == Some("BOUNCED")).await;

    let second = rides_until(&world, &ride, "NO_ADDRESS").await;
    eventually("both events are kept", || world.withheld(customer), |n| *n == 2).await;
    assert_eq!(world.mailbox(&address).await.len(), 2, "nothing more was sent");

    // Taken back: what was withheld is sent, and a report that comes again changes nothing any more.
    world.puts_address_on_file(customer, &address).await;
    let statuses =
        || async { join_all(notified_events(&second).iter().map(|event| world.notification(event))).await };
    let all_sent = |found: &Vec<Option<String>>| found.iter().all(|found| found.as_deref() == Some("SENT"));
    eventually("what was withheld is sent", statuses, all_sent).await;
    world.delivers(Service::EMAIL_FEEDBACK, &bounced).await;
    eventually("the report is handled", || world.in_hand(Service::EMAIL_FEEDBACK), |n| *n == 0).await;
    let is_ours = |letter: &DeadLetter| letter.body.contains(customer);
    let letter = world.dead_letter_that(Service::EMAIL_FEEDBACK, is_ours).await;
    assert!(letter.is_none(), "the report was not handled, but set aside: {letter:?}");
    assert_eq!(world.failing_address(customer).await, None);
    assert_eq!(world.mailbox(&address).await.len(), 4);
}
