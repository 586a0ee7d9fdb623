//! Requests for quotes: every herd is asked, and quotes are collected until all herds have answered or the time is up.

mod answers;
mod api;
mod faults;
mod races;

use std::time::Duration;

use end_to_end::{Caller, Herds, Rfq, World, eventually, quotes, unhurried, unique};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A long time, because nothing here measures time.
const PATIENCE: Duration = Duration::from_mins(4);

fn time(rfq: &Value, which: &str) -> Timestamp {
    rfq[which].as_str().unwrap().parse().unwrap()
}

/// An answer as a herd sends it.
fn answer(rfq: &str, herd: &str, quote: &str) -> String {
    let data = json!({"rfq": rfq, "responder": herd, "quote": quote, "pickup": 3});
    event("RideQuoted", &format!("{rfq}-{herd}"), &data)
}

fn event(event_type: &str, id: &str, data: &Value) -> String {
    json!({"specversion": "1.0", "id": id, "source": "/test", "type": event_type, "time": Timestamp::now().to_string(),
           "correlationid": unique("corr"), "data": data})
    .to_string()
}

/// The cheapest of these quotes; of equally cheap ones the one with the earliest pickup.
fn best(quotes: &[Value]) -> Value {
    let cents = |quote: &Value| quote["quote"].as_str().unwrap().replace('.', "").parse::<u64>().unwrap();
    let best = quotes.iter().min_by_key(|quote| (cents(quote), quote["pickup"].as_u64().unwrap()));
    best.cloned().unwrap_or_default()
}

/// Lets every herd answer once, so that for a short time no herd's function has to start first.
async fn awake(app: &Caller, herds: &Herds) {
    let rfq = herds.a_request_that_all_answer().with("reply-within", 300);
    app.sees_closed(&app.requests_quotes(&rfq).await).await;
}

#[tokio::test]
async fn every_herd_answers_and_the_last_answer_closes_it_before_the_time_is_up() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds.a_request_that_all_answer().with("reply-within", 300);
    let id = app.requests_quotes(&rfq).await;
    let closed = app.sees_closed(&id).await;
    let answers = herds.answers(&rfq, &herds.names());
    assert_eq!(answers.len(), 3);
    assert_eq!((quotes(&closed, "quotes"), &closed["best"]), (answers.clone(), &best(&answers)));
    assert!(time(&closed, "closed-at") < time(&closed, "reply-by"), "{closed}");
    assert_eq!(closed["herds"], json!(herds.names()));
}

#[tokio::test]
async fn a_silent_herd_is_waited_for_until_the_time_is_up_and_not_longer() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    awake(&app, &herds).await;
    let rfq = herds.a_request_that_one_does_not_answer().with("reply-within", unhurried(3));
    let id = app.requests_quotes(&rfq).await;
    let closed = app.sees_closed(&id).await;
    let answers = herds.answers(&rfq, &herds.names());
    assert_eq!((quotes(&closed, "quotes"), &closed["best"]), (answers.clone(), &best(&answers)));
    assert!(time(&closed, "closed-at") >= time(&closed, "reply-by"), "{closed}");
}

#[tokio::test]
async fn only_herds_that_are_named_are_asked_and_waited_for() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds
        .a_request_that_all_answer()
        .with("reply-within", 300)
        .with("herds", json!(["stardust", "rainbow"]));
    let closed = app.sees_closed(&app.requests_quotes(&rfq).await).await;
    assert_eq!(closed["herds"], json!(["rainbow", "stardust"]));
    assert_eq!(quotes(&closed, "quotes"), herds.answers(&rfq, &["rainbow", "stardust"]));
    assert!(time(&closed, "closed-at") < time(&closed, "reply-by"), "{closed}");
}

#[tokio::test]
async fn a_request_says_what_it_is_about_where_answers_go_and_until_when_and_not_who_asks() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    // The request doesn't wait for an answer of a subscriber that is no herd.
    let listener = world.listens_to(world.output("ride-booking", "RequestForQuotesTopicArn")).await;
    let herds = Herds::deployed();
    let customer = unique("secretive");
    let rfq = herds.a_request_that_all_answer().with("reply-within", 300).with("customer", customer.clone());
    let answered = app.posts_rfq(&rfq.json(), &[("x-correlation-id", "corr-of-the-caller")]).await;
    let id = answered.body["rfq-id"].as_str().unwrap();
    let closed = app.sees_closed(id).await;
    let request: Value = loop {
        let message = eventually("it is heard", || world.receives(&listener), Option::is_some).await.unwrap();
        let heard: Value = serde_json::from_str(&message).unwrap();
        assert!(!message.contains(&customer), "herds don't learn who the customer is");
        // The queue also receives requests of concurrent tests.
        if heard["id"] == id {
            break heard;
        }
    };
    assert_eq!(
        (&request["type"], &request["correlationid"]),
        (&"QuotesRequested".into(), &"corr-of-the-caller".into())
    );
    let data = &request["data"];
    assert_eq!((&data["rfq"], &data["herds"]), (&id.into(), &closed["herds"]));
    assert_eq!(data["replyTo"], world.output("ride-booking", "RfqResponseQueueUrl"));
    assert_eq!(time(data, "replyBy"), time(&closed, "reply-by"));
}

#[tokio::test]
async fn a_new_herd_is_asked_once_it_is_deployed_and_no_other_stack_changes() {
    let world = World::alone().await;
    let app = Caller::customer_app(&world).await;
    let stacks = world.stacks().await;
    let rfq = || Rfq::from(&unique("from")).with("reply-within", 1);
    let asked = async || app.queries_rfq(&app.requests_quotes(&rfq()).await).await.body["herds"].clone();
    assert_eq!(asked().await, json!(Herds::deployed().names()));

    let parameters = ["Name=comet", "PricePerKm=0.50", "PickupMinutes=2"];
    let (key, to_comet) = (unique("key"), rfq().with("herds", json!(["comet"])).json());
    let headers = [("idempotency-key", key.as_str())];
    let with_comet = world.with_herd("comet", &parameters, async || {
        let first = app.posts_rfq(&to_comet, &headers).await;
        let rfq = rfq().with("reply-within", 300).with("herds", json!(["comet", "rainbow"]));
        let closed = app.sees_closed(&app.requests_quotes(&rfq).await).await;
        assert_eq!(closed["best"]["responder"], "comet", "{closed}");
        (asked().await, first)
    });
    let (herds, first) = with_comet.await;
    assert_eq!(herds, json!(["comet", "moonlight", "rainbow", "stardust"]));
    let gone = |herds: &Value| *herds == json!(Herds::deployed().names());
    eventually("a herd that is gone is not asked any more", asked, gone).await;
    assert_eq!(app.posts_rfq(&to_comet, &[]).await.status, 422);
    let again = app.posts_rfq(&to_comet, &headers).await;
    assert_eq!((again.status, &again.body), (201, &first.body), "an accepted request is not checked again");
    assert_eq!(world.stacks().await, stacks, "no other stack has changed");
}
