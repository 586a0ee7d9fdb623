//! Instant rides: every herd is asked, and what they answer is gathered until all have or the time is up.

use std::{cell::Cell, collections::HashSet, time::Duration};

use end_to_end::{
    Caller, Herds, Rfq, Service, World, crowd, eventually, eventually_within, quotes, unhurried, unique,
};
use futures_util::{StreamExt, future::join_all, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::sleep;

/// Generous: nothing here measures time.
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

/// The cheapest of these, and of equally cheap ones the one that is there first.
fn best(quotes: &[Value]) -> Value {
    let cents = |quote: &Value| quote["quote"].as_str().unwrap().replace('.', "").parse::<u64>().unwrap();
    let best = quotes.iter().min_by_key(|quote| (cents(quote), quote["pickup"].as_u64().unwrap()));
    best.cloned().unwrap_or_default()
}

/// Lets every herd answer once: what is asked next, and for a short time, finds none of them asleep.
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
    // Nobody waits for the answer of somebody who only listens.
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
        assert!(!message.contains(&customer), "whoever is asked needs not know who asks");
        // Requests of tests beside this one are heard, too.
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

#[tokio::test]
async fn what_comes_too_late_is_marked_as_late_once_and_reopens_nothing() {
    let world = World::shared().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let rfq = herds.a_request_that_one_does_not_answer().with("reply-within", 1);
    let id = app.requests_quotes(&rfq).await;
    let closed = app.sees_closed(&id).await;
    // It was the first request after a pause, perhaps, and others were late on their own.
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
    let elsewhere = world.creates_queue().await;
    let ours = world.output("ride-booking", "RfqResponseQueueUrl");
    for reply_to in [elsewhere.as_str(), "https://example.com", "", &format!("{ours}-2")] {
        let rfq = uuid::Uuid::now_v7().to_string();
        let data = json!({"rfq": rfq, "from": "Mitte", "to": "Moabit", "herds": ["stardust"], "replyTo": reply_to,
                          "replyBy": (Timestamp::now() + SignedDuration::from_mins(5)).to_string()});
        let request = event("QuotesRequested", &rfq, &data);
        world.delivers(Service::STARDUST, &request).await;
        let letter = || world.dead_letter(Service::STARDUST, &request);
        let letter = eventually("it is dead-lettered", letter, Option::is_some).await.unwrap();
        assert_eq!(letter.reason["errorType"], "ForeignReturnAddress", "{reply_to}");
    }
    assert_eq!(world.receives(&elsewhere).await, None);
}

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
        assert_eq!(waiting, 1, "what it was asked waits in its queue, and what it wasn't never gets there");
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
    // The stream goes on, and with it the next request.
    let rfq = herds.a_request_that_all_answer().with("reply-within", 300);
    let next = app.sees_closed(&app.requests_quotes(&rfq).await).await;
    assert_eq!(quotes(&next, "quotes").len(), 3);
    assert_eq!(app.queries_rfq(&id).await.body, closed, "what has expired is not asked any more");
}

#[tokio::test]
async fn quotes_at_the_same_instant_and_the_deadline_racing_the_last_come_to_one_of_two_ends() {
    let world = World::alone().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let race = async {
        let race = async |n: usize| {
            let id = app.requests_quotes(&herds.a_request_that_all_answer().with("reply-within", 2)).await;
            // Three at the same instant, one of them twice; the last before, around or after the moment of the deadline.
            let answers =
                ["moonlight", "rainbow", "stardust", "rainbow"].map(|herd| answer(&id, herd, "5.00"));
            let delays = [0, 0, [0, 1, 2, 2][n % 4], 0];
            let deliveries = answers.iter().zip(delays);
            let deliver = deliveries
                .map(async |(a, delay)| world.delivers_after(delay, Service::RFQ_RESPONSE, a).await);
            join_all(deliver).await;
            // Only then may the herds themselves answer again: what they say to the same request is another price.
            let all = |answer: &client::Answer| {
                quotes(&answer.body, "quotes").len() + quotes(&answer.body, "late").len() == 3
            };
            eventually("all quotes have found their place", || app.queries_rfq(&id), all).await.body
        };
        stream::iter((0..40).map(race)).buffered(8).collect::<Vec<_>>().await
    };
    let race = world.while_disabled("herd-stardust", race);
    let race = world.while_disabled("herd-rainbow", race);
    let rfqs = world.while_disabled("herd-moonlight", race).await;
    let mut late = 0;
    for rfq in &rfqs {
        assert_eq!(rfq["status"], "CLOSED");
        let mut herds: Vec<_> = ["quotes", "late"].iter().flat_map(|which| quotes(rfq, which)).collect();
        herds.sort_by_key(|quote| quote["responder"].to_string());
        let herds: Vec<_> = herds.iter().map(|quote| quote["responder"].as_str().unwrap()).collect();
        assert_eq!(herds, ["moonlight", "rainbow", "stardust"], "each once, in time or late: {rfq}");
        if quotes(rfq, "late").is_empty() {
            assert_eq!(rfq["best"]["responder"], "moonlight", "equally good ones: the first by name");
        } else {
            late += 1;
            assert!(time(rfq, "closed-at") >= time(rfq, "reply-by"), "{rfq}");
        }
    }
    eprintln!("{late} of {} were closed by the deadline", rfqs.len());
}

#[tokio::test]
async fn a_thousand_at_once_all_close_and_count_each_herd_that_is_available_once() {
    let world = World::alone().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let time_for_all = u32::try_from(crowd(60)).unwrap();
    // What all answer is closed long before its time, so its time costs nothing; what is waited for in vain takes all of it.
    let within = |rfq: Rfq| {
        let all = herds.answers(&rfq, &herds.names()).len() == 3;
        rfq.with("reply-within", if all { 900 } else { unhurried(12).max(time_for_all) })
    };
    let mut rfqs: Vec<Rfq> = (0..crowd(1000)).map(|_| Rfq::from(&unique("from"))).collect();
    // What has the least time goes first: a slow machine must not make a quote late.
    rfqs.sort_by_key(|rfq| herds.answers(rfq, &herds.names()).len());
    let rfqs: Vec<Rfq> = rfqs.into_iter().map(within).collect();
    let requests = rfqs.iter().map(|rfq| app.requests_quotes(rfq));
    let ids: Vec<String> = stream::iter(requests).buffered(100).collect().await;
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), rfqs.len());
    let look = async |id: &str| {
        let look = || app.queries_rfq(id);
        let closed = |answer: &client::Answer| answer.body["status"] == "CLOSED";
        eventually_within(PATIENCE, "it is closed", look, closed).await.body
    };
    let (early, in_time) = (Cell::new(0), Cell::new(0));
    let each = ids.iter().zip(&rfqs).map(|(id, rfq)| async {
        let closed = look(id).await;
        let answers = herds.answers(rfq, &herds.names());
        assert_eq!(
            (quotes(&closed, "quotes"), &closed["best"]),
            (answers.clone(), &best(&answers)),
            "{closed}"
        );
        let before_its_time = time(&closed, "closed-at") < time(&closed, "reply-by");
        assert_eq!(
            before_its_time,
            answers.len() == 3,
            "early if all have answered, and only then: {closed}"
        );
        let count = if before_its_time { &early } else { &in_time };
        count.set(count.get() + 1);
    });
    stream::iter(each).buffer_unordered(20).collect::<Vec<()>>().await;
    assert!(
        early.get() > 0 && in_time.get() > 0,
        "{early:?} by the last answer, {in_time:?} by the deadline"
    );
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
    assert_eq!((again.status, &again.body), (201, &first.body), "what was accepted is not judged again");
    assert_eq!(world.stacks().await, stacks, "no other stack has changed");
}
