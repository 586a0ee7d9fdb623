//! Dead letters: they are shown with their reason, redriven once the cause is fixed, or deleted.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::{primitives::Blob, types::MessageAttributeValue};
use client::email::{self, Outcome};
use end_to_end::{Caller, Ride, Service, World, eventually, in_days, same, unique};
use serde_json::{Value, json};
use tokio::process::Command;

async fn dlq(arguments: &[&str]) -> (bool, String) {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make test-e2e`");
    let output = Command::new(program).arg("dlq").args(arguments).output().await.unwrap();
    let both = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(both).unwrap())
}

async fn json(arguments: &[&str]) -> Value {
    let (succeeded, text) = dlq(&[arguments, &["--json"]].concat()).await;
    assert!(succeeded, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The id and the reason of the dead letter with this body, or that it had no room for one.
async fn letter(queue: &str, body: &str) -> Option<(String, String)> {
    let letters = json(&["show", queue]).await;
    let text = |letter: &Value, name: &str| letter[name].as_str().unwrap_or_default().to_owned();
    let letter =
        letters.as_array().unwrap().iter().find(|letter| same(letter["body"].as_str().unwrap(), body))?;
    let reason = if letter["no_room"] == true { "no room".to_owned() } else { text(letter, "error_type") };
    Some((text(letter, "id"), reason))
}

/// The event of a prebooking that was never stored.
fn prebooking_event(id: &str) -> String {
    json!({"specversion": "1.0", "id": id, "source": "/test", "type": "PrebookingSubmitted",
           "time": jiff::Timestamp::now().to_string(), "correlationid": unique("corr"),
           "data": {"prebooking": id, "customer": "cmr", "from": "Berlin", "to": "Bonn", "when": in_days(30)}})
    .to_string()
}

#[tokio::test]
async fn a_dead_letter_is_handled_after_all_once_what_was_wrong_is_mended() {
    let world = World::alone().await;
    let id = uuid::Uuid::now_v7().to_string();
    let event = prebooking_event(&id);
    world.delivers(Service::PREBOOKING_PROCESSING, &event).await;
    let seen = || letter("PrebookingProcessing", &event);
    let (message, reason) = eventually("it is dead-lettered", seen, Option::is_some).await.unwrap();
    assert_eq!(reason, "UnknownPrebooking");
    let listed = json(&["list"]).await;
    let queue = listed.as_array().unwrap().iter().find(|q| q["queue"] == "PrebookingProcessing").unwrap();
    assert!(queue["reasons"]["UnknownPrebooking"].as_u64().is_some_and(|n| n >= 1), "{queue}");

    // It becomes a dead letter again, with the content that it had before.
    assert_eq!(json(&["redrive", "PrebookingProcessing", &message]).await["moved"], 1);
    let again =
        eventually("it is dead-lettered again", seen, |l| l.as_ref().is_some_and(|(id, _)| *id != message));
    let (message, reason) = again.await.unwrap();
    assert_eq!(reason, "UnknownPrebooking");

    let stored: HashMap<_, _> =
        [("id", id.as_str()), ("status", "SUBMITTED"), ("from", "Berlin"), ("to", "Bonn")]
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
            .into();
    let table = world.output("ride-booking", "PrebookingsTableName");
    world.dynamodb.put_item().table_name(table).set_item(Some(stored)).send().await.unwrap();
    assert_eq!(json(&["redrive", "PrebookingProcessing", &message]).await["moved"], 1);
    let confirmed =
        |seen: &Option<(String, _)>| seen.as_ref().is_some_and(|(status, _)| status == "CONFIRMED");
    eventually("it is confirmed", || world.prebooking(&id), confirmed).await;
    assert_eq!(seen().await, None);
}

#[tokio::test]
async fn everything_in_a_dead_letter_queue_is_put_back_and_nothing_is_lost() {
    let world = World::alone().await;
    let bodies: Vec<String> = (0..25).map(|_| unique("{ poison")).collect();
    for body in &bodies {
        world.delivers(Service::EXTRAORDINARY, body).await;
    }
    let there = async || {
        let letters = json(&["show", "ExtraordinaryRides"]).await;
        let letters: Vec<_> =
            letters.as_array().unwrap().iter().map(|l| l["body"].as_str().unwrap().to_owned()).collect();
        bodies.iter().filter(|body| letters.contains(body)).count()
    };
    eventually("all are dead-lettered", there, |n| *n == bodies.len()).await;
    let moved = json(&["redrive", "ExtraordinaryRides"]).await;
    assert!(moved["moved"].as_u64().unwrap() >= 25, "{moved}");
    eventually("all are dead-lettered again", there, |n| *n == bodies.len()).await;
}

/// This many attributes, of every type.
fn attributes(count: u8) -> HashMap<String, MessageAttributeValue> {
    let attribute = |n: u8| {
        let value = MessageAttributeValue::builder();
        let value = match n % 3 {
            0 => value.data_type("String").string_value(format!("={n}")),
            1 => value.data_type("Number.int").string_value(format!("00{n}")),
            _ => value.data_type("Binary.raw").binary_value(Blob::new([0, 0xff, n])),
        };
        (format!("own-{n}"), value.build().unwrap())
    };
    (0..count).map(attribute).collect()
}

#[tokio::test]
async fn a_dead_letter_keeps_all_that_its_message_had_and_a_redriven_message_is_what_it_was() {
    let world = World::alone().await;
    let queue = world.output("extraordinary-rides", "ExtraordinaryRidesQueueUrl");
    let cases = [(9, "MalformedEvent"), (10, "no room")].map(|(count, reason)| (attributes(count), reason));
    let bodies = cases.each_ref().map(|_| unique("{ poison"));
    for ((attributes, _), body) in cases.iter().zip(&bodies) {
        let send = world.sqs.send_message().queue_url(queue).message_body(body);
        send.set_message_attributes(Some(attributes.clone())).send().await.unwrap();
    }
    for ((attributes, reason), body) in cases.iter().zip(&bodies) {
        let mut before = None;
        // Redriven one by one, because this client doesn't use SQS's own redrive for single letters.
        for _ in 0..2 {
            let seen = || letter("ExtraordinaryRides", body);
            let is_new = |seen: &Option<_>| seen.is_some() && *seen != before;
            let seen = eventually("it is dead-lettered", seen, is_new).await;
            let (id, why) = seen.clone().unwrap();
            assert_eq!(why, *reason);
            let raw = || world.dead_letter(Service::EXTRAORDINARY, body);
            let raw = eventually("it is there", raw, Option::is_some).await.unwrap();
            assert_eq!(raw.attributes, *attributes);
            let back = async || dlq(&["redrive", "ExtraordinaryRides", &id]).await.0;
            // A look at a letter hides it for a moment.
            eventually("it is redriven", back, |done| *done).await;
            before = seen;
        }
    }
}

#[tokio::test]
async fn dead_letters_are_shown_with_their_reasons_and_deleted_one_by_one() {
    let world = World::alone().await;
    let (poison, other) = (unique("{ poison"), unique("{ other"));
    for body in [&poison, &other] {
        world.delivers(Service::STARDUST, body).await;
    }
    // Several herds have a queue of this name; its service tells it from the others.
    let seen = eventually("it is dead-lettered", || letter("herd-stardust", &poison), Option::is_some).await;
    eventually("so is the other", || letter("herd-stardust", &other), Option::is_some).await;
    let (id, reason) = seen.unwrap();
    assert_eq!(reason, "MalformedEvent");
    let (_, shown) = dlq(&["show", "herd-stardust"]).await;
    assert!(shown.contains("MalformedEvent: the message is not JSON") && !shown.contains(&poison), "{shown}");
    assert!(dlq(&["show", "herd-stardust", "--body"]).await.1.contains(&poison));

    assert_eq!(json(&["discard", "herd-stardust", &id]).await["moved"], 1);
    assert_eq!(letter("herd-stardust", &poison).await, None);
    assert!(letter("herd-stardust", &other).await.is_some(), "the other is still there");
}

#[tokio::test]
async fn a_fifo_queues_dead_letter_goes_back_into_its_group() {
    let world = World::alone().await;
    let body = unique("{ poison");
    let queue = world.output("customer-payment", "PaymentQueueUrl");
    let send = world.sqs.send_message().queue_url(queue).message_body(&body).message_group_id("cmr");
    send.message_deduplication_id(unique("d")).send().await.unwrap();
    let seen = || letter("Payment", &body);
    let (first, _) = eventually("it is dead-lettered", seen, Option::is_some).await.unwrap();
    assert_eq!(json(&["redrive", "Payment", &first]).await["moved"], 1);
    eventually("it is dead-lettered again", seen, |l| l.as_ref().is_some_and(|(id, _)| *id != first)).await;
    // The next message of the group isn't held up.
    let ride = Ride::default();
    let id = Caller::unicorn_management_app(&world).await.completes(&ride).await;
    eventually("the fare is collected", || world.fare_status(&id), |s| s.as_deref() == Some("COLLECTED"))
        .await;
}

#[tokio::test]
async fn what_can_not_be_done_is_said() {
    let _world = World::alone().await;
    for (arguments, advice) in [
        (&["show", "Herd"][..], "name one by its queue or its service"),
        (&["show", "nonsense"], "PrebookingProcessing of ride-booking"),
        (&["redrive", "RidePublication"], "rows of a table"),
        (&["discard", "Payment"], "--all"),
        (&["discard", "Payment", "not-there"], "found 0 of 1"),
    ] {
        let (succeeded, text) = dlq(arguments).await;
        assert!(!succeeded && text.contains(advice), "{arguments:?}: {text}");
    }
}

/// A notification with the claim of a dead function: SES may or may not have accepted the e-mail.
#[tokio::test]
async fn an_email_that_was_perhaps_sent_is_sent_again_only_if_a_person_says_so() {
    let world = World::alone().await;
    let ride = Ride::default();
    let email = format!("{}@example.com", ride.customer());
    world.puts_address_on_file(ride.customer(), &email).await;
    let id = Caller::unicorn_management_app(&world).await.completes(&ride).await;
    eventually("the receipt is sent", || world.notification(&id), |n| n.as_deref() == Some("SENT")).await;
    eventually("the event is in the lake", || world.filed(&id), |f| *f == (1, 1)).await;
    let event = world.event_in_the_lake(&id).await;
    let claim = || async {
        let claim = [("eventId", id.as_str()), ("rideId", &id), ("status", "SENDING"), ("claimedBy", "x")];
        let claim = claim.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
        let put = world.dynamodb.put_item().set_item(Some(HashMap::from(claim)));
        let put = put.item("claimedUntil", AttributeValue::N("1".to_owned()));
        let table = world.output("customer-notification", "NotificationsTableName");
        put.table_name(table).send().await.unwrap();
    };
    let letter_of = || letter("CustomerNotification", &event);
    let receipts = async || world.mailbox(&email).await.iter().filter(|mail| mail.contains("Route")).count();
    let settle = async |outcome| email::settle(&world.deployment, &id, outcome).await;

    for (outcome, expected) in [(Outcome::Sent, 1), (Outcome::Unsent, 2)] {
        claim().await;
        world.delivers(Service::NOTIFICATION, &event).await;
        let letter = eventually("it is dead-lettered", letter_of, Option::is_some).await;
        let (message, reason) = letter.unwrap();
        assert_eq!((reason.as_str(), receipts().await), ("PerhapsSent", 1));
        settle(outcome).await.unwrap();
        assert_eq!(json(&["redrive", "CustomerNotification", &message]).await["moved"], 1);
        let is_sent = |n: &Option<String>| n.as_deref() == Some("SENT");
        eventually("its outcome is known", || world.notification(&id), is_sent).await;
        eventually("the queue is empty", || world.in_hand(Service::NOTIFICATION), |n| *n == 0).await;
        assert_eq!(receipts().await, expected, "{outcome:?}");
    }
    assert!(settle(Outcome::Unsent).await.is_err(), "an e-mail that was sent is settled");
}
