//! Answers that come late, twice, to another request, or to a return address that isn't ours.

use std::collections::HashSet;

use end_to_end::{Caller, Herds, Service, World, eventually, quotes, unique};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{answer, event};

#[tokio::test]
async fn what_comes_too_late_is_marked_as_late_once_and_reopens_nothing() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds.a_request_that_one_does_not_answer().with("reply-within", 1);
    let id = app.requests_quotes(&rfq).await;
    let closed = app.sees_closed(&id).await;
    // If this was the first request after a pause, other quotes may be late by themselves.
    let answered: HashSet<_> =
        closed["quotes"].as_array().unwrap().iter().map(|q| q["responder"].as_str().unwrap()).collect();
    let silent = *herds
        .names()
        .iter()
        .find(|herd| !answered.contains(**herd) && herds.answers(&rfq, &[**herd]).is_empty())
        .unwrap();
    let late = answer(&id, silent, "0.01");
    for _ in 0..2 {
        world.delivers(Service::RFQ_RESPONSE, &late).await;
    }
    let marked =
        |answer: &client::Answer| quotes(&answer.body, "late").iter().any(|q| q["responder"] == silent);
    let seen = eventually("it is marked", || app.queries_rfq(&id), marked).await.body;
    for part in ["status", "closed-at", "quotes", "best"] {
        assert_eq!(seen[part], closed[part], "{part}");
    }
    let other = answer(&id, silent, "0.02");
    world.delivers(Service::RFQ_RESPONSE, &other).await;
    let letter = || world.dead_letter(Service::RFQ_RESPONSE, &other);
    let letter = eventually("another late quote is dead-lettered", letter, Option::is_some).await.unwrap();
    assert_eq!(letter.reason["errorType"], "AnsweredTwice");
    let of_it = |rfq: &Value| quotes(rfq, "late").iter().filter(|q| q["responder"] == silent).count();
    assert_eq!(of_it(&app.queries_rfq(&id).await.body), 1);
    assert!(world.dead_letter(Service::RFQ_RESPONSE, &late).await.is_none(), "a duplicate is no error");
}

#[tokio::test]
async fn a_herd_that_answers_twice_is_counted_once_and_its_first_answer_stands() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds.a_request_that_one_does_not_answer().with("reply-within", 300);
    let id = app.requests_quotes(&rfq).await;
    let open = app.sees_quotes(&id, 2).await;
    let first = &quotes(&open, "quotes")[0];
    let herd = first["responder"].as_str().unwrap();

    let mut again = first.clone();
    again["rfq"] = id.as_str().into();
    let again = event("RideQuoted", &format!("{id}-{herd}"), &again);
    let another = answer(&id, herd, "0.01");
    world.delivers(Service::RFQ_RESPONSE, &again).await;
    world.delivers(Service::RFQ_RESPONSE, &another).await;
    let letter = || world.dead_letter(Service::RFQ_RESPONSE, &another);
    let letter = eventually("the second answer is dead-lettered", letter, Option::is_some).await.unwrap();
    assert_eq!(letter.reason["errorType"], "AnsweredTwice");
    assert_eq!(letter.reason["receiveCount"], 1);
    assert!(world.dead_letter(Service::RFQ_RESPONSE, &again).await.is_none(), "a duplicate is no error");
    let now = app.queries_rfq(&id).await.body;
    assert_eq!((&now["status"], &now["quotes"]), (&"OPEN".into(), &open["quotes"]));
}

#[tokio::test]
async fn what_answers_another_request_or_none_is_dead_lettered_with_its_reason() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds.a_request_that_all_answer().with("reply-within", 300).with("herds", json!(["rainbow"]));
    let id = app.requests_quotes(&rfq).await;
    let closed = app.sees_closed(&id).await;
    let unknown = uuid::Uuid::now_v7().to_string();
    for (body, error_type) in [
        (answer(&id, "stardust", "0.01"), "NotAsked"),
        (answer(&id, "mars", "0.01"), "NotAsked"),
        (answer(&unknown, "rainbow", "0.01"), "UnknownRfq"),
        (event("RfqDeadlineReached", &format!("{unknown}-deadline"), &json!({"rfq": unknown})), "UnknownRfq"),
        (answer(&id, "stardust", "-1"), "MalformedEvent"),
        (answer(&id, "stardust", "1.001"), "MalformedEvent"),
        (answer(&id, "stardust", "1.00").replace(&format!("{id}-stardust"), "other"), "MalformedEvent"),
        (event("RideCompleted", "1", &json!({})), "UnexpectedEventType"),
        (unique("{ not JSON"), "MalformedEvent"),
    ] {
        world.delivers(Service::RFQ_RESPONSE, &body).await;
        let letter = || world.dead_letter(Service::RFQ_RESPONSE, &body);
        let letter = eventually("it is dead-lettered", letter, Option::is_some).await.unwrap();
        assert_eq!(letter.reason["errorType"], error_type, "{body}");
    }
    assert_eq!(app.queries_rfq(&id).await.body, closed);
}

#[tokio::test]
async fn a_request_can_not_make_a_herd_answer_to_anywhere_else() {
    let world = World::shared().await;
    let foreign = world.creates_queue().await;
    let ours = world.output("ride-booking", "RfqResponseQueueUrl");
    for reply_to in [foreign.as_str(), "https://example.com", "", &format!("{ours}-2")] {
        let rfq = uuid::Uuid::now_v7().to_string();
        let data = json!({"rfq": rfq, "from": "Mitte", "to": "Moabit", "herds": ["stardust"], "replyTo": reply_to,
                          "replyBy": (Timestamp::now() + SignedDuration::from_mins(5)).to_string()});
        let request = event("QuotesRequested", &rfq, &data);
        world.delivers(Service::STARDUST, &request).await;
        let letter = || world.dead_letter(Service::STARDUST, &request);
        let letter = eventually("it is dead-lettered", letter, Option::is_some).await.unwrap();
        assert_eq!(letter.reason["errorType"], "ForeignReturnAddress", "{reply_to}");
    }
    assert_eq!(world.receives(&foreign).await, None);
}
