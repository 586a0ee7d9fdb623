//! The API of requests for quotes: its callers, and its answers to faults and repetitions.

use end_to_end::{Caller, Herds, Rfq, World, quotes, unhurried, unique};
use futures_util::future::join_all;
use serde_json::json;

#[tokio::test]
async fn every_fault_of_a_request_is_named_and_an_unknown_herd_by_its_name() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    let sound = Rfq::from("Mitte");
    for (status, body, pointers) in [
        (
            422,
            sound.clone().with("herds", json!(["mars", "rainbow", "pluto"])).json(),
            &["#/herds", "#/herds"][..],
        ),
        (422, sound.clone().with("herds", json!([])).json(), &["#/herds"]),
        (422, sound.clone().with("herds", "rainbow").json(), &["#/herds"]),
        (422, sound.clone().with("herds", json!([null, "a b"])).json(), &["#/herds", "#/herds"]),
        (422, sound.clone().with("reply-within", 0).json(), &["#/reply-within"]),
        (422, sound.clone().with("reply-within", 901).json(), &["#/reply-within"]),
        (422, sound.clone().with("to", "Mitte").with("customer", 5).json(), &["#/customer", "#/to"]),
        (422, "{}".to_owned(), &["#/from", "#/to", "#/customer"]),
        (400, "{ not JSON".to_owned(), &[]),
        (400, r#"{"from":"a","from":"b"}"#.to_owned(), &["#/from"]),
        (413, sound.clone().with("from", "x".repeat(9000)).json(), &[]),
    ] {
        let answer = app.posts_rfq(&body, &[]).await;
        let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!((answer.status, found), (status, pointers.to_vec()), "{body:.200}");
        if body.contains("mars") {
            let text = answer.body.to_string();
            assert!(text.contains("no herd mars") && text.contains("no herd pluto"), "{text}");
        }
    }
    let answer = app.posts_rfq(&sound.json(), &[("content-type", "text/plain")]).await;
    assert_eq!(answer.status, 415, "{answer:?}");
}

#[tokio::test]
async fn the_same_key_is_one_request_and_with_another_one_is_refused() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds.a_request_that_all_answer().with("reply-within", unhurried(10));
    let key = unique("key");
    let (body, headers) = (rfq.json(), [("idempotency-key", key.as_str())]);
    let answers = join_all((0..3).map(|_| app.posts_rfq(&body, &headers))).await;
    assert!(answers.iter().all(|a| a.status == 201 && a.body == answers[0].body), "{answers:?}");
    let id = answers[0].body["rfq-id"].as_str().unwrap();
    let closed = app.sees_closed(id).await;
    assert_eq!(quotes(&closed, "quotes").len(), 3);
    for other in [
        rfq.clone().with("to", "Ulm"),
        rfq.clone().with("reply-within", 5),
        rfq.with("herds", json!(herds.names())),
    ] {
        let answer = app.posts_rfq(&other.json(), &headers).await;
        assert_eq!(answer.status, 422, "{answer:?}");
    }
    assert_eq!(app.queries_rfq(id).await.body, closed, "the first stands");
}

#[tokio::test]
async fn what_is_not_there_is_a_404() {
    let world = World::shared().await;
    let app = Caller::customer_app(&world).await;
    for none in ["0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10", "not-an-id", &"x".repeat(500)] {
        let answer = app.queries_rfq(none).await;
        assert_eq!((answer.status, answer.retry_after), (404, None), "{none}: {answer:?}");
    }
}

#[tokio::test]
async fn only_the_customer_app_asks_for_quotes_and_sees_them() {
    let world = World::shared().await;
    let body = Herds::deployed().a_request_that_all_answer().json();
    for (who, caller, statuses) in [
        ("the Customer App", Caller::customer_app(&world).await, (201, 404)),
        ("the Unicorn Management App", Caller::unicorn_management_app(&world).await, (403, 403)),
        ("an unsigned request", Caller::anonymous(&world), (403, 403)),
    ] {
        let posted = caller.posts_rfq(&body, &[]).await.status;
        let queried = caller.queries_rfq("0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10").await.status;
        assert_eq!((posted, queried), statuses, "{who}");
    }
}
