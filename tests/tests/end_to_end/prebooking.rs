//! Prebookings: every submission is accepted at once, and every accepted one is decided once.

use std::{cell::Cell, collections::HashSet, time::Duration};

use client::{
    dead_letters::removal::{Letters, redrive},
    queues,
};
use end_to_end::{Caller, Prebooking, Service, World, crowd, eventually, eventually_within, in_days, unique};
use futures_util::{StreamExt, future::join_all, stream};
use serde_json::Value;
use tokio::time::sleep;

/// A long time, because nothing here measures time.
const PATIENCE: Duration = Duration::from_mins(4);
/// The same as `PrebookingProcessingMaximumConcurrency` in the template.
const BOUND: usize = 5;

/// The booking once it is decided.
async fn decided(app: &Caller, id: &str) -> Value {
    let query = || app.queries_prebooking(id);
    let decided = |answer: &client::Answer| answer.status == 200 && answer.body["status"] != "SUBMITTED";
    eventually("the prebooking is decided", query, decided).await.body
}

/// The reasons by field.
fn reasons(booking: &Value) -> Vec<String> {
    let reasons = booking["reasons"].as_array().into_iter().flatten();
    reasons.map(|reason| reason["field"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_prebooking_is_accepted_stored_decided_and_filed_under_one_id() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    let correlation = unique("corr");
    let headers = [("x-correlation-id", correlation.as_str())];
    let answer = app.posts_prebooking(&Prebooking::default().json(), &headers).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.body["id"].as_str().unwrap();
    let booking = decided(&app, id).await;
    assert_eq!(
        (&booking["id"], &booking["status"], &booking["to"]),
        (&id.into(), &"CONFIRMED".into(), &"Bonn".into())
    );
    eventually("its event is in the lake", || world.filed(id), |f| *f == (1, 1)).await;
    let filed = world.filed_event(id).await;
    assert_eq!((filed.event_type.as_str(), &filed.correlation_id), ("PrebookingSubmitted", &correlation));
}

#[tokio::test]
async fn what_breaks_a_rule_is_rejected_with_every_reason_and_is_no_dead_letter() {
    let sound = Prebooking::default();
    are_rejected(&[
        (sound.clone().with("when", in_days(-1)).json(), &["when"]),
        (sound.clone().with("when", in_days(367)).json(), &["when"]),
        (sound.clone().with("when", "as soon as you can").json(), &["when"]),
        (sound.clone().with("to", "Berlin").json(), &["to"]),
        (sound.clone().with("from", "a\u{202e}b").with("to", " ").json(), &["from", "to"]),
    ])
    .await;
}

/// Invalid prebookings, each with its faulty fields.
fn no_prebookings() -> [(String, &'static [&'static str]); 6] {
    let sound = Prebooking::default();
    [
        (sound.clone().with("when", "soon").json(), &["when"]),
        (sound.clone().with("from", "a\u{202e}b").with("customer", "c m r").json(), &["from", "customer"]),
        (sound.with("tip", "5").with("to", " ").with("when", 5).json(), &["tip", "to", "when"]),
        ("{}".to_owned(), &["from", "to", "when", "customer"]),
        (unique("{ not JSON"), &[""]),
        (r#"{"from":"a","from":"b"}"#.to_owned(), &["from"]),
    ]
}

#[tokio::test]
async fn an_edge_that_validates_refuses_what_is_no_prebooking() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    for (body, _) in no_prebookings() {
        let answer = app.posts_prebooking(&body, &[]).await;
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn what_an_edge_does_not_validate_is_rejected_with_every_reason_and_is_no_dead_letter() {
    are_rejected(&no_prebookings()).await;
}

async fn are_rejected(bodies: &[(String, &[&str])]) {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    for (body, fields) in bodies {
        let answer = app.posts_prebooking(body, &[]).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        let id = answer.body["id"].as_str().unwrap();
        let booking = decided(&app, id).await;
        assert_eq!(
            (booking["status"].as_str(), reasons(&booking)),
            (Some("REJECTED"), fields.iter().map(|f| (*f).to_owned()).collect()),
            "{body}"
        );
        eventually("its event is in the lake", || world.filed(id), |f| *f == (1, 1)).await;
        assert!(world.dead_letter(Service::PREBOOKING_SUBMISSION, body).await.is_none(), "{body}");
        // It doesn't wait for a decision either, which could confirm it.
        eventually("no decision is due", || world.backlog(Service::PREBOOKING_PROCESSING), |n| *n == 0).await;
        let about_it = world.dead_letter_that(Service::PREBOOKING_PROCESSING, |l| l.body.contains(id)).await;
        assert!(about_it.is_none(), "{about_it:?}");
    }
}

#[tokio::test]
async fn the_same_key_and_request_is_one_booking_that_either_id_leads_to() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    let (prebooking, key) = (Prebooking::default(), unique("key"));
    let (body, headers) = (prebooking.json(), [("idempotency-key", key.as_str())]);
    let answers = join_all((0..3).map(|_| app.posts_prebooking(&body, &headers))).await;
    let ids: Vec<_> = answers.iter().map(|answer| answer.body["id"].as_str().unwrap()).collect();
    let mut bookings = Vec::new();
    for id in &ids {
        bookings.push(decided(&app, id).await);
    }
    assert!(
        ids[0] != ids[1] && bookings.iter().all(|booking| *booking == bookings[0]),
        "{ids:?} {bookings:?}"
    );
    assert_eq!(bookings[0]["status"], "CONFIRMED");
    let booking = bookings[0]["id"].as_str().unwrap();
    assert!(ids.contains(&booking));
    // A repetition publishes the booking again, because the first message may not have been published.
    eventually("it is in the lake, once", || world.filed(booking), |(_, counted)| *counted == 1).await;
    for id in ids.iter().filter(|id| **id != booking) {
        assert_eq!(world.filed(id).await, (0, 0), "a repetition is no booking of its own");
    }
}

#[tokio::test]
async fn the_same_key_with_another_request_is_rejected() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    let (prebooking, key) = (Prebooking::default(), unique("key"));
    let headers = [("idempotency-key", key.as_str())];
    let first =
        app.posts_prebooking(&prebooking.json(), &headers).await.body["id"].as_str().unwrap().to_owned();
    assert_eq!(decided(&app, &first).await["status"], "CONFIRMED");
    let other = app.posts_prebooking(&prebooking.with("to", "Ulm").json(), &headers).await;
    let other = decided(&app, other.body["id"].as_str().unwrap()).await;
    assert_eq!(
        (other["status"].as_str(), reasons(&other)),
        (Some("REJECTED"), vec!["Idempotency-Key".to_owned()])
    );
    assert_eq!(decided(&app, &first).await["to"], "Bonn", "the first stands");
}

#[tokio::test]
async fn what_is_not_there_yet_is_worth_another_look_and_what_never_will_be_is_not() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    let unknown = app.queries_prebooking("0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10").await;
    assert_eq!((unknown.status, unknown.retry_after), (404, Some(1)), "{unknown:?}");
    for none in ["not-an-id", "KEY%23k", &"x".repeat(500)] {
        let answer = app.queries_prebooking(none).await;
        assert_eq!((answer.status, answer.retry_after), (404, None), "{none}: {answer:?}");
    }
}

#[tokio::test]
async fn only_the_customer_app_prebooks_and_only_json() {
    let world = World::shared().await;
    let body = Prebooking::default().json();
    for (who, caller, status) in [
        ("the Customer App", Caller::customer_app(&world).await, 202),
        ("the Unicorn Management App", Caller::unicorn_management_app(&world).await, 403),
        ("an unsigned request", Caller::anonymous(&world), 403),
    ] {
        let answer = caller.posts_prebooking(&body, &[]).await;
        assert_eq!(answer.status, status, "{who}: {answer:?}");
        if status == 403 {
            let id = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10";
            assert_eq!(caller.queries_prebooking(id).await.status, 403, "{who}");
        }
    }
    let app = Caller::customer_app(&world).await;
    let answer = app.posts_prebooking(&body, &[("content-type", "text/plain")]).await;
    assert_eq!(answer.status, 415, "{answer:?}");
}

#[tokio::test]
async fn a_second_delivery_changes_nothing_at_any_of_the_queues() {
    let world = World::alone().await;
    let app = Caller::customer_app(&world).await;
    // The submission queue delivers the message again, because the booking was stored but could not be published.
    let in_trouble = async {
        let id = app.prebooks(&Prebooking::default()).await;
        let submitted = |seen: &Option<(String, _)>| seen.as_ref().is_some_and(|(s, _)| s == "SUBMITTED");
        eventually("it is stored", || world.prebooking(&id), submitted).await;
        id
    };
    let id = world.while_denied("submit-ride-prebooking", "sns:PublishBatch", in_trouble).await;
    decided(&app, &id).await;
    eventually("its event is in the lake", || world.filed(&id), |f| *f == (1, 1)).await;
    let before = world.prebooking(&id).await;

    // The other two get the event again, as it came from the topic.
    let event = world.event_in_the_lake(&id).await;
    for service in [Service::PREBOOKING_PROCESSING, Service::PREBOOKING_NOTIFICATION] {
        for _ in 0..2 {
            world.delivers(service, &event).await;
        }
        eventually("the queue is empty", || world.backlog(service), |n| *n == 0).await;
        assert!(world.dead_letter(service, &event).await.is_none(), "a duplicate is no error");
    }
    assert_eq!(world.prebooking(&id).await, before, "decided once, and when it was decided first");
    assert_eq!(world.filed(&id).await.1, 1, "the view counts it once");
}

/// A redriven dead letter is a new message, sent at another time.
#[tokio::test]
async fn what_was_accepted_is_confirmed_under_its_id_once_its_dead_letter_is_put_back() {
    let world = World::alone().await;
    let app = Caller::customer_app(&world).await;
    let before = world.prebooking_count().await;
    let key = unique("key");
    let keyed = [("idempotency-key", key.as_str())];
    let given_up = async {
        let mut ids = Vec::new();
        for headers in [&[][..], &keyed] {
            let body = Prebooking::default().json();
            let answer = app.posts_prebooking(&body, headers).await;
            ids.push(answer.body["id"].as_str().unwrap().to_owned());
            let letter = || world.dead_letter(Service::PREBOOKING_SUBMISSION, &body);
            eventually("it is a dead letter", letter, Option::is_some).await;
        }
        ids
    };
    let denied = world.while_denied("submit-ride-prebooking", "sns:Publish*", given_up);
    let ids = world.with_a_single_receive(Service::PREBOOKING_SUBMISSION, denied).await;
    assert_eq!(world.prebookings_with(&ids, "SUBMITTED").await, 2, "they are stored, and nobody was told");
    // A letter that was sent twice makes no second booking.
    world.doubles_dead_letters(Service::PREBOOKING_SUBMISSION, &ids).await;
    let redriven = redrive(&world.deployment, "PrebookingSubmission", &Letters::All).await.unwrap();
    assert!(redriven.moved >= 4, "two letters, each twice, and those of other tests: {redriven:?}");
    for id in &ids {
        assert_eq!(decided(&app, id).await["status"], "CONFIRMED");
    }
    eventually("nothing waits", || world.backlog(Service::PREBOOKING_SUBMISSION), |n| *n == 0).await;
    assert_eq!(world.prebooking_count().await, before + 2, "there is no other booking");
}

/// Makes many prebookings at once, each of which must be accepted; returns their ids.
async fn campaign(app: &Caller, bookings: usize) -> Vec<String> {
    let requests = (0..bookings).map(|_| async { app.prebooks(&Prebooking::default()).await });
    stream::iter(requests).buffer_unordered(100).collect().await
}

#[tokio::test]
async fn a_campaign_waits_for_a_service_that_is_down_and_nothing_is_lost() {
    let world = World::alone().await;
    let app = Caller::customer_app(&world).await;
    eventually("nothing waits", || world.backlog(Service::PREBOOKING_PROCESSING), |n| *n == 0).await;
    let down = async {
        let ids = campaign(&app, crowd(300)).await;
        let waiting = || world.backlog(Service::PREBOOKING_PROCESSING);
        eventually("all are accepted, stored, and wait", waiting, |n| *n == ids.len()).await;
        assert_eq!(world.prebookings_with(&ids, "SUBMITTED").await, ids.len());
        ids
    };
    let ids = world.while_disabled("process-ride-prebooking", down).await;
    eventually("all are confirmed", || world.prebookings_with(&ids, "CONFIRMED"), |n| *n == ids.len()).await;
}

#[tokio::test]
async fn a_burst_of_five_thousand_is_absorbed_and_each_ends_once() {
    let (world, burst_of) = (World::alone().await, crowd(5000));
    let app = Caller::customer_app(&world).await;
    // Prebookings of an earlier test may still be on their way to the lake, and would be counted as well.
    let under_way = || async { queues::under_way(&world.deployment).await.unwrap() };
    eventually_within(PATIENCE, "nothing is under way", under_way, Vec::is_empty).await;
    let (filed_before, _) = world.counted_in_the_lake("PrebookingSubmitted").await;
    let most = Cell::new(0);
    let watch = async {
        loop {
            most.set(most.get().max(world.running("process-ride-prebooking")));
            sleep(Duration::from_millis(50)).await;
        }
    };
    let burst = async {
        let ids = campaign(&app, burst_of).await;
        let confirmed = || world.prebookings_with(&ids, "CONFIRMED");
        eventually_within(PATIENCE, "each is decided", confirmed, |n| *n == burst_of).await;
        ids
    };
    let ids = tokio::select! {
        ids = burst => ids,
        () = watch => unreachable!("it watches for as long as there is something to see"),
    };
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), burst_of, "each has an id of its own");
    assert!((1..=BOUND).contains(&most.get()), "{} batches were processed at once", most.get());
    let counted = || world.counted_in_the_lake("PrebookingSubmitted");
    let all = (filed_before + burst_of, filed_before + burst_of);
    eventually_within(PATIENCE, "each is in the lake, once", counted, |seen| *seen == all).await;
}
