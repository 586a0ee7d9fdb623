//! One story's waterfall: when its messages waited and were worked on, from the functions' log lines.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use client::{
    logs::{self, LogLine},
    spans::{self, Span},
    topology::{Topology, Way},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    motion::Story,
    refusal::{Answer, Refusal},
    world::{Shared, World},
};

/// The time to look back.
const BACK: Duration = Duration::from_hours(3);
const LATEST: usize = 50;

/// The latest stories, the last one first.
pub async fn latest(State(world): Shared) -> Json<Value> {
    Json(json!(world.state().recent.stories.latest().take(LATEST).collect::<Vec<_>>()))
}

/// The waterfall of a story.
pub async fn one(State(world): Shared, Path(id): Path<String>) -> Answer {
    let path = format!("messages/{id}");
    if let Some(story) = world.state().answers.get(&path) {
        return Ok(Json(story));
    }
    let story = waterfall(&world, &id).await?;
    let lasts = world.pace().story;
    world.state().answers.keep(path, story.clone(), Some(lasts));
    Ok(Json(story))
}

async fn waterfall(world: &World, id: &str) -> Result<Value, Refusal> {
    let lines = logs::find(&world.deployment(), id, BACK).await?;
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Err(Refusal::new(StatusCode::NOT_FOUND, format!("No log line names {id}."), ""));
    };
    let topology = world.topology();
    let mut rows: Vec<Value> = spans::from_lines(&lines).iter().map(|span| row(&topology, span)).collect();
    rows.extend(filtered(world, id, &lines));
    rows.sort_by_key(|row| row["until"].as_str().and_then(|text| text.parse::<Timestamp>().ok()));
    Ok(json!({"correlation_id": id, "started_at": first.timestamp, "ended_at": last.timestamp, "rows": rows}))
}

fn row(topology: &Topology, span: &Span) -> Value {
    let node = topology.nodes.iter().find(|node| node.address == span.function);
    let first = span.lines.first().map_or(span.start, |line| line.timestamp);
    let last = span.lines.last();
    let text = |field| last.and_then(|line| line.text(field));
    // A line is written at the end of its work, so the work began earlier.
    let took = last.and_then(|line| line.fields.get("took_ms")).and_then(Value::as_i64).unwrap_or_default();
    let began =
        span.end.checked_sub(SignedDuration::from_millis(took)).map_or(first, |began| began.min(first));
    let sent = text("sent_at").and_then(|sent| sent.parse::<Timestamp>().ok());
    let waits_from = sent.or_else(|| span.is_consumer.then_some(span.start));
    let attempt = last.and_then(|line| line.fields.get("receive_count")).and_then(Value::as_u64).unwrap_or(1);
    let outcome = match (last.map(|line| line.message.as_str()), text("outcome")) {
        (Some("failed"), Some("dead-lettered")) => "dead",
        (Some("failed"), _) => "failed",
        _ => "ok",
    };
    json!({
        "node": node.map(|node| node.id.as_str()),
        "name": node.map_or(span.function.as_str(), |node| node.name.as_str()),
        "kind": "function",
        "waiting_from": waits_from.map(|sent| sent.min(began)),
        "working_from": began,
        "until": span.end,
        "outcome": outcome,
        "attempt": attempt,
        "duplicate": text("outcome") == Some("duplicate"),
        "filtered_by": null,
        "error": span.error,
        "log_group": log_group(&span.function),
        "request_id": text("request_id"),
    })
}

/// The filters that stopped the story's event.
fn filtered(world: &World, id: &str, lines: &[LogLine]) -> Vec<Value> {
    let topology = world.topology();
    let published = lines.iter().find(|line| line.message == "published").map(|line| line.timestamp);
    let stopped = |story: &Story| -> Vec<Value> {
        story
            .filtered
            .iter()
            .filter(|edge| edge.kind == Way::Delivers)
            .map(|edge| stop(&topology, &edge.to, edge.filter.as_ref(), published))
            .collect()
    };
    world.state().recent.stories.get(id).map_or_else(Vec::new, stopped)
}

fn stop(topology: &Topology, queue: &str, filter: Option<&Value>, at: Option<Timestamp>) -> Value {
    json!({
        "node": queue,
        "name": topology.node(queue).map_or(queue, |node| node.name.as_str()),
        "kind": "queue",
        "waiting_from": at,
        "working_from": null,
        "until": at,
        "outcome": "filtered",
        "attempt": 1,
        "duplicate": false,
        "filtered_by": filter,
        "error": null,
        "log_group": null,
        "request_id": null,
    })
}

/// The log group of a function: `/wild-rydes/<stage>/<name>`.
fn log_group(function: &str) -> Option<String> {
    let (stage, name) = function.strip_prefix("wild-rydes-")?.split_once('-')?;
    Some(format!("/wild-rydes/{stage}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{line, topology};

    /// The row of a function's line.
    fn row_of(message: &str, fields: &Value) -> Value {
        let lines = [line("points/Award", message, fields)];
        row(&topology(), &spans::from_lines(&lines)[0])
    }

    #[test]
    fn a_row_tells_the_time_in_the_queue_from_the_time_of_the_work() {
        let times = |fields: &Value| {
            let row = row_of("handled", fields);
            ["waiting_from", "working_from", "until"].map(|time| row[time].as_str().map(str::to_owned))
        };
        let at = |second: &str| Some(format!("2026-11-27T12:00:{second}Z"));
        assert_eq!(
            times(&json!({"outcome": "made", "sent_at": "2026-11-27T11:59:59Z", "took_ms": 400})),
            [Some("2026-11-27T11:59:59Z".to_owned()), at("00.1"), at("00.5")]
        );
        assert_eq!(times(&json!({"outcome": "made"})), [None, at("00.5"), at("00.5")]);
    }

    #[test]
    fn a_row_names_its_part_and_how_it_ended() {
        let row = row_of("handled", &json!({"outcome": "made", "request_id": "r"}));
        assert_eq!((&row["node"], &row["name"]), (&json!("points/Award"), &json!("award")));
        assert_eq!(
            (&row["outcome"], &row["attempt"], &row["duplicate"]),
            (&json!("ok"), &json!(1), &json!(false))
        );
    }

    #[test]
    fn duplicates_attempts_and_dead_letters_are_told_apart() {
        let duplicate = row_of("handled", &json!({"outcome": "duplicate", "request_id": "r"}));
        assert_eq!((&duplicate["outcome"], &duplicate["duplicate"]), (&json!("ok"), &json!(true)));
        let failed = row_of("failed", &json!({"receive_count": 2, "request_id": "r"}));
        assert_eq!((&failed["outcome"], &failed["attempt"]), (&json!("failed"), &json!(2)));
        let dead = row_of("failed", &json!({"outcome": "dead-lettered", "request_id": "r"}));
        assert_eq!(dead["outcome"], "dead");
    }

    #[test]
    fn a_filter_that_stopped_a_message_is_a_row() {
        let filter = json!({"fare": [50]});
        let row = stop(&topology(), "features/Queue", Some(&filter), None);
        assert_eq!((&row["outcome"], &row["filtered_by"]), (&json!("filtered"), &filter));
    }

    #[test]
    fn a_function_has_its_log_group() {
        assert_eq!(log_group("wild-rydes-dev-award-points").as_deref(), Some("/wild-rydes/dev/award-points"));
        assert_eq!(log_group("another"), None);
    }
}
