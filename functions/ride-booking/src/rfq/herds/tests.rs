use function_testkit::Aws;
use tokio::time::advance;

use super::*;
use crate::bad_input::subscribed;

const LIST: &str = "ListSubscriptionsByTopic";

/// A topic that these herds are subscribed to.
pub(crate) fn topic_with(herds: &[&str]) -> Aws {
    let aws = Aws::default();
    has(&aws, herds);
    aws
}

pub(crate) fn has(aws: &Aws, herds: &[&str]) {
    let queues: Vec<String> = herds.iter().map(|herd| format!("wild-rydes-test-herd-{herd}")).collect();
    let others = ["audit", "wild-rydes-other-herd-c"];
    let queues: Vec<&str> = queues.iter().map(String::as_str).chain(others).collect();
    aws.answer(LIST, subscribed(&queues));
}

/// The herds from the side of a function that has just started.
pub(crate) fn herds(aws: &Aws) -> Herds {
    let function = aws.function();
    let topic = Subscribers::new(&function, "topic".into(), "wild-rydes-test-herd-".into());
    Herds::new(topic, LastKnownHerds::new(aws_sdk_dynamodb::Client::new(function.aws()), "known".into()))
}

async fn names(herds: &Herds) -> Vec<String> {
    herds.all().await.unwrap().iter().map(ToString::to_string).collect()
}

/// The number of calls for the topic's subscribers since the last look.
fn asked(aws: &Aws) -> usize {
    aws.take_calls().iter().filter(|call| call.operation == LIST).count()
}

/// Lets background tasks run.
async fn meanwhile() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn herds_are_the_subscribed_queues_that_are_named_like_one() {
    assert_eq!(names(&herds(&topic_with(&["b", "a"]))).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_function_asks_once_a_second_and_no_request_waits_for_it() {
    let aws = topic_with(&["a"]);
    let herds = herds(&aws);
    for _ in 0..3 {
        assert_eq!(names(&herds).await, ["a"]);
    }
    assert_eq!(asked(&aws), 1);
    has(&aws, &["a", "b"]);
    aws.answer_after(LIST, Duration::from_millis(700));
    advance(FRESH).await;
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(names(&herds).await, ["a"]);
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    sleep(Duration::from_millis(701)).await;
    assert_eq!((names(&herds).await, asked(&aws)), (vec!["a".to_owned(), "b".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn after_a_quiet_time_the_next_request_knows_a_new_herd() {
    let aws = topic_with(&["a"]);
    let herds = herds(&aws);
    names(&herds).await;
    has(&aws, &["a", "b"]);
    advance(STALE).await;
    assert_eq!(names(&herds).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn an_old_list_is_kept_and_sns_asked_ever_more_seldom_while_it_throttles() {
    let aws = topic_with(&["a"]);
    let herds = herds(&aws);
    names(&herds).await;
    asked(&aws);
    aws.refuse(LIST, usize::MAX, 400, "Throttled");
    let began = Instant::now();
    advance(FRESH).await;
    for _ in 0..600 {
        assert_eq!(names(&herds).await, ["a"]);
        sleep(Duration::from_millis(500)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(302), "no request waited: {:?}", began.elapsed());
    // After 1, 2, 4, … and from then on every 60 seconds.
    assert_eq!(asked(&aws), 10);
}

#[tokio::test(start_paused = true)]
async fn a_hang_costs_a_request_one_second_at_most() {
    let aws = topic_with(&["a"]);
    let herds = herds(&aws);
    names(&herds).await;
    aws.answer_after(LIST, Duration::from_secs(100));
    advance(STALE).await;
    let began = Instant::now();
    assert_eq!(names(&herds).await, ["a"]);
    assert!(began.elapsed() <= PATIENCE, "{:?}", began.elapsed());
}

/// The table's answer with the herds that a function has shared.
fn shared(aws: &Aws) -> String {
    let calls = aws.take_calls();
    let put = calls.iter().find(|call| call.operation == "PutItem").expect("nobody has shared anything");
    serde_json::json!({"Item": put.json()["Item"]}).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_new_environment_uses_the_last_known_herds_while_sns_throttles_or_hangs() {
    let aws = topic_with(&["a", "b"]);
    let others = herds(&aws);
    names(&others).await;
    meanwhile().await;
    assert!(aws.take_calls().iter().all(|call| call.operation == LIST), "sharing delays no request");
    sleep(AFTERWARDS).await;
    let known = shared(&aws);
    sleep(FRESH).await;
    names(&others).await;
    sleep(AFTERWARDS).await;
    assert!(
        aws.take_calls().iter().all(|call| call.operation == LIST),
        "a list that was shared isn't shared again"
    );

    let throttling = Aws::default();
    throttling.refuse(LIST, usize::MAX, 400, "Throttled");
    let hanging = Aws::default();
    hanging.answer_after(LIST, Duration::from_secs(100));
    for (aws, within) in [(throttling, Duration::ZERO), (hanging, PATIENCE)] {
        aws.answer("GetItem", &known);
        let (herds, began) = (herds(&aws), Instant::now());
        assert_eq!(names(&herds).await, ["a", "b"]);
        assert!(began.elapsed() <= within + Duration::from_millis(2), "{:?}", began.elapsed());
        names(&herds).await;
        let reads = aws.take_calls().iter().filter(|call| call.operation == "GetItem").count();
        assert_eq!(reads, 1, "it is read once");
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_list_a_slow_answer_is_waited_for_and_a_failed_one_is_a_failure() {
    let slow = topic_with(&["a"]);
    slow.answer_after(LIST, Duration::from_millis(2_500));
    assert_eq!(names(&herds(&slow)).await, ["a"]);
    let failing = Aws::default();
    failing.refuse(LIST, usize::MAX, 400, "Throttled");
    failing.refuse("GetItem", usize::MAX, 500, "InternalServerError");
    assert!(herds(&failing).all().await.unwrap_err().is_retryable());
}
