//! Many quotes and requests at the same time.

use std::{cell::Cell, collections::HashSet};

use end_to_end::{
    Caller, Herds, Rfq, Service, World, crowd, eventually, eventually_within, quotes, unhurried, unique,
};
use futures_util::{StreamExt, future::join_all, stream};

use super::{PATIENCE, answer, best, time};

#[tokio::test]
async fn quotes_at_the_same_instant_and_the_deadline_racing_the_last_come_to_one_of_two_ends() {
    let world = World::alone().await;
    let (app, herds) = (Caller::customer_app(&world).await, Herds::deployed());
    let race = async {
        let race = async |n: usize| {
            let id = app.requests_quotes(&herds.a_request_that_all_answer().with("reply-within", 2)).await;
            // Three quotes at the same instant, one of them twice; the last comes before, at or after the deadline.
            let answers =
                ["moonlight", "rainbow", "stardust", "rainbow"].map(|herd| answer(&id, herd, "5.00"));
            let delays = [0, 0, [0, 1, 2, 2][n % 4], 0];
            let deliveries = answers.iter().zip(delays);
            let deliver = deliveries
                .map(async |(a, delay)| world.delivers_after(delay, Service::RFQ_RESPONSE, a).await);
            join_all(deliver).await;
            // Only now may the herds themselves answer again, because their own quotes have other prices.
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
    // A request that all herds answer closes long before its deadline, so a late deadline costs nothing. Any other request waits for its
    // deadline.
    let within = |rfq: Rfq| {
        let all = herds.answers(&rfq, &herds.names()).len() == 3;
        rfq.with("reply-within", if all { 900 } else { unhurried(12).max(time_for_all) })
    };
    let mut rfqs: Vec<Rfq> = (0..crowd(1000)).map(|_| Rfq::from(&unique("from"))).collect();
    // The requests with the least time go first, so that a slow machine doesn't make their quotes late.
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
