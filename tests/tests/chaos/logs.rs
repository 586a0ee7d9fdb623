//! The logs of the functions in a bad hour: each line names its function, time and request, and none contains private data.

use std::collections::BTreeMap;

use end_to_end::World;
use serde_json::Value;

/// Parts of the requests, events and poison of the run that occur in no other text of a log. Ids are not among them, because logs
/// should contain them.
const PRIVATE: [&str; 9] =
    ["rider-", "@", "Berlin", "Frankfurt", "Bonn", "place-", "poison", "specversion", "\"data\""];
/// Fares that no other number equals.
const AMOUNTS: [&str; 3] = ["49.99", "50.01", "256.5"];
/// The lines that Lambda itself writes begin like this.
const OF_LAMBDA: [&str; 3] = ["START ", "END ", "REPORT "];

/// Checks every line; returns their number.
pub async fn scan(world: &World) -> usize {
    let (mut count, mut faults) = (0, BTreeMap::<String, usize>::new());
    world
        .every_log_line(|group, line| {
            count += 1;
            for fault in faults_of(line) {
                *faults.entry(format!("{group}: {fault}")).or_default() += 1;
            }
        })
        .await;
    assert!(faults.is_empty(), "{faults:#?}");
    count
}

fn faults_of(line: &str) -> Vec<String> {
    if OF_LAMBDA.iter().any(|start| line.starts_with(start)) {
        return Vec::new();
    }
    let private =
        PRIVATE.iter().filter(|word| line.contains(**word)).map(|word| format!("says {word}: {line}"));
    let amounts = AMOUNTS.iter().filter(|amount| holds_number(line, amount));
    let mut faults: Vec<String> = private.chain(amounts.map(|n| format!("says {n}: {line}"))).collect();
    let Ok(line) = serde_json::from_str::<Value>(line) else {
        faults.push(format!("is not JSON: {line}"));
        return faults;
    };
    if line.get("_aws").is_some() {
        return faults;
    }
    let mut required = vec!["timestamp", "level", "service", "function", "message"];
    // A task that runs beside the requests names itself instead.
    if line["task"].is_null() {
        required.push("request_id");
    }
    // A message that is no event, or not yet, has the queue's id; what the runtime says of a failed invocation has the invocation's.
    let of_the_runtime = line["message"].as_str().is_some_and(|message| message.starts_with("Diagnostic {"));
    if line["message_id"].is_null() && line["task"].is_null() && !of_the_runtime {
        required.extend(["event_id", "correlation_id"]);
    }
    let missing = required.iter().filter(|field| line[**field].as_str().is_none_or(str::is_empty));
    faults.extend(missing.map(|field| format!("has no {field}: {line}")));
    if line["message"] == "panicked" {
        faults.push(format!("{line}"));
    }
    faults
}

/// True if a line contains a number by itself, and not only as a part of a time or of a longer number.
fn holds_number(line: &str, number: &str) -> bool {
    line.match_indices(number).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + number.len()..].chars().next();
        !before.is_some_and(|c| c.is_ascii_digit() || c == ':') && !after.is_some_and(|c| c.is_ascii_digit())
    })
}

#[test]
fn what_a_log_line_must_not_be_is_found() {
    let sound = r#"{"timestamp":"2026-11-24T16:49:49.990Z","level":"INFO","service":"s","function":"f","request_id":"r","message":"handled","event_id":"e","correlation_id":"c"}"#;
    assert_eq!(faults_of(sound), Vec::<String>::new());
    assert_eq!(faults_of("START RequestId: 1"), Vec::<String>::new());
    let of_a_task = r#"{"timestamp":"2026-11-24T16:49:49.990Z","level":"WARN","service":"s","function":"f","task":"t","message":"failed"}"#;
    assert_eq!(faults_of(of_a_task), Vec::<String>::new());
    for (from, to) in [
        ("handled", "handled for rider-5"),
        ("handled", "a fare of 49.99"),
        ("handled", "panicked"),
        (r#""request_id":"r","#, ""),
        (r#""correlation_id":"c""#, r#""correlation_id":"""#),
        ("{", ""),
    ] {
        assert_eq!(faults_of(&sound.replace(from, to)).len(), 1, "{from} → {to}");
    }
}
