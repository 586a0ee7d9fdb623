//! The observability of a running deployment: log lines of one request across all functions, and metrics.

use std::collections::BTreeSet;

use end_to_end::{Caller, Ride, Service, World, eventually, unique};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::process::Command;

/// The functions that work for a ride, in addition to those of the services that take its events.
const SAGA_AND_EDGE: [&str; 5] = [
    "submit-ride-completion",
    "publish-ride-completions",
    "process-payment",
    "credit-account",
    "publish-fare-outcomes",
];

async fn logs(id: &str) -> Vec<Value> {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make test-e2e`");
    let output = Command::new(program).args(["logs", id, "--json"]).output().await.unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[tokio::test]
async fn one_correlation_id_finds_the_whole_story_from_the_request_to_the_e_mail() {
    let world = World::shared().await;
    let app = Caller::unicorn_management_app(&world).await;
    let (ride, correlation_id) = (Ride::default(), unique("story"));
    let email = format!("{}@example.com", unique("rider"));
    world.puts_address_on_file(ride.customer(), &email).await;
    let answer = app.posts(&ride.json(), &[("x-correlation-id", &correlation_id)]).await;
    let id = answer.body["id"].as_str().unwrap();

    let mut parts: BTreeSet<&str> = SAGA_AND_EDGE.into();
    for event in ["RideCompleted", "FareCollected"] {
        parts.extend(world.subscribers_of(event).await.iter().map(|service| service.function));
    }
    let prefix = format!("wild-rydes-{}-", world.deployment.stage);
    let function = |line: &Value| line["function"].as_str().unwrap().replace(&prefix, "");
    // The story ends with two e-mails: the ride's receipt, and the payment's.
    let complete = |lines: &Vec<Value>| {
        let functions: BTreeSet<String> = lines.iter().map(function).collect();
        let told =
            lines.iter().filter(|line| function(line) == "notify-customer" && line["outcome"] == "made");
        functions.iter().map(String::as_str).collect::<BTreeSet<_>>() == parts && told.count() == 2
    };
    let lines = eventually("everybody has told its part", || logs(&correlation_id), complete).await;
    for line in &lines {
        assert_eq!(line["correlation_id"], correlation_id.as_str(), "{line}");
        for field in ["service", "function", "request_id", "event_id", "level", "timestamp", "message"] {
            assert!(line[field].as_str().is_some_and(|value| !value.is_empty()), "no {field}: {line}");
        }
    }
    // Compared as times: as a text, `.48Z` sorts behind `.485Z`.
    let times: Vec<Timestamp> =
        lines.iter().map(|line| line["timestamp"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(function(&lines[0]), "submit-ride-completion", "{lines:#?}");
    // The lake may file the payment's outcome after the last e-mail, between two looks.
    let both = || async { (logs(id).await, logs(&correlation_id).await) };
    eventually("the ride's id finds the same story", both, |(by_id, by_story)| by_id == by_story).await;

    let told = serde_json::to_string(&lines).unwrap();
    for private in [ride.customer(), &email, "Berlin", "Frankfurt", "256.5"] {
        assert!(!told.contains(private), "{private} is nobody else's business: {told}");
    }
}

#[tokio::test]
async fn what_nobody_has_heard_of_has_no_story() {
    let _world = World::shared().await;
    assert_eq!(logs(&unique("nobody")).await, Vec::<Value>::new());
}

/// An alarm counts this line.
#[tokio::test]
async fn an_event_of_a_type_that_no_query_finds_is_logged_as_an_error() {
    let world = World::shared().await;
    let event_type = unique("Unlisted");
    let event = json!({"specversion": "1.0", "id": unique("event"), "source": "/test", "type": event_type,
        "time": Timestamp::now(), "correlationid": unique("story"), "data": {}});
    world.delivers(Service::DATALAKE, &event.to_string()).await;

    let lines = async || {
        let mut lines = Vec::new();
        world
            .every_log_line(|group, line| {
                let line: Value = serde_json::from_str(line).unwrap_or_default();
                let is_error = line["level"] == "ERROR" && line["event_type"] == event_type.as_str();
                if group.ends_with("/ingest-events") && is_error {
                    lines.push(line["error_type"].clone());
                }
            })
            .await;
        lines
    };
    let error = json!("UnlistedEventType");
    eventually("its type is logged", lines, |lines| *lines == [error.clone()]).await;
}

#[tokio::test]
async fn what_was_handled_skipped_and_failed_is_counted() {
    let world = World::alone().await;
    let app = Caller::unicorn_management_app(&world).await;
    let function = Service::LOYALTY.function;
    let before = world.metrics_of(function).await;
    let ride = Ride::default();
    let id = app.posts(&ride.json(), &[]).await.body["id"].as_str().unwrap().to_owned();
    eventually("its points are there", || world.points(ride.customer()), Option::is_some).await;
    eventually("it is in the lake", || world.filed(&id), |filed| *filed == (1, 1)).await;
    let again = world.event_in_the_lake(&id).await;
    world.delivers(Service::LOYALTY, &again).await;
    world.delivers(Service::LOYALTY, &unique("{ no event")).await;

    let now = async || {
        let now = world.metrics_of(function).await;
        let before = |name: &str| before.get(name).copied().unwrap_or_default();
        ["Handled", "Duplicates", "Latency", "Failed MalformedEvent"]
            .map(|name| now.get(name).copied().unwrap_or_default() - before(name))
    };
    eventually("all is counted", now, |counts| *counts == [2, 1, 1, 1]).await;
}
