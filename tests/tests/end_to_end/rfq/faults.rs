//! Herds, the aggregator and the publisher under faults.

use std::{cell::Cell, time::Duration};

use end_to_end::{
    Caller, Herds, Rfq, Service, World, crowd, eventually, eventually_within, quotes, unhurried,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{PATIENCE, awake};

#[tokio::test]
async fn a_herd_that_is_down_is_not_waited_for_and_does_not_answer_when_it_is_up_again() {
    let world = World::alone().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    awake(&app, &herds).await;
    let rfq = herds.a_request_that_all_answer().with("reply-within", unhurried(2));
    let down = async {
        let id = app.requests_quotes(&rfq).await;
        let closed = app.sees_closed(&id).await;
        assert_eq!(quotes(&closed, "quotes"), herds.answers(&rfq, &["moonlight", "rainbow"]));
        let rainbow_alone = rfq.clone().with("herds", json!(["rainbow"]));
        app.sees_closed(&app.requests_quotes(&rainbow_alone).await).await;
        let waiting = world.backlog(Service::STARDUST).await;
        assert_eq!(waiting, 1, "only the request to this herd waits in its queue");
        (id, closed)
    };
    let (id, closed) = world.while_disabled("herd-stardust", down).await;
    eventually("its queue is empty", || world.backlog(Service::STARDUST), |n| *n == 0).await;
    eventually("no answer is on its way", || world.in_hand(Service::RFQ_RESPONSE), |n| *n == 0).await;
    assert_eq!(app.queries_rfq(&id).await.body, closed, "no late quote either: the request had expired");
}

#[tokio::test]
async fn herds_and_an_aggregator_that_are_killed_again_and_again_lose_and_repeat_nothing() {
    let world = World::alone().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let (rfqs, kills) = (crowd(60).max(6), crowd(20).max(4));
    let rfqs: Vec<Rfq> =
        (0..rfqs).map(|_| herds.a_request_that_all_answer().with("reply-within", 300)).collect();
    let killed = Cell::new(0);
    let kill = async {
        loop {
            sleep(Duration::from_millis(150)).await;
            killed.set(
                killed.get() + world.kills(&["herd-stardust", "collect-quotes", "publish-instant-ride-rfqs"]),
            );
            if killed.get() >= kills {
                return;
            }
        }
    };
    let requests = async {
        let ids = join_all(rfqs.iter().map(|rfq| app.requests_quotes(rfq))).await;
        for (id, rfq) in ids.iter().zip(&rfqs) {
            let look = || app.queries_rfq(id);
            let closed = |answer: &client::Answer| answer.body["status"] == "CLOSED";
            let closed = eventually_within(PATIENCE, "it is closed", look, closed).await.body;
            assert_eq!(quotes(&closed, "quotes"), herds.answers(rfq, &herds.names()));
        }
    };
    let both = async { tokio::join!(kill, requests) };
    let with_short_timeouts = world.with_visibility_timeout(Service::RFQ_RESPONSE, 2, both);
    world.with_visibility_timeout(Service::STARDUST, 2, with_short_timeouts).await;
    assert!(killed.get() >= kills, "killed {} times", killed.get());
}

#[tokio::test]
async fn a_request_ends_even_if_nobody_can_be_asked() {
    let world = World::alone().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let in_trouble = async {
        let id = app.requests_quotes(&herds.a_request_that_all_answer().with("reply-within", 2)).await;
        app.sees_closed(&id).await;
        id
    };
    let id = world.while_denied("publish-instant-ride-rfqs", "sns:PublishBatch", in_trouble).await;
    let closed = app.queries_rfq(&id).await.body;
    assert_eq!((quotes(&closed, "quotes").len(), &closed["best"]), (0, &Value::Null));
    // The stream goes on, so the next request is handled.
    let rfq = herds.a_request_that_all_answer().with("reply-within", 300);
    let next = app.sees_closed(&app.requests_quotes(&rfq).await).await;
    assert_eq!(quotes(&next, "quotes").len(), 3);
    assert_eq!(app.queries_rfq(&id).await.body, closed, "an expired request is not sent to herds");
}
