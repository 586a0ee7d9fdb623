//! Dead letters: how many there are, and, after a click, what is in them. Bodies are masked until a person asks for one.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use client::{
    dead_letters::{
        self,
        removal::{self, Letters},
    },
    topology::{Kind, Node},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{runtime::Handle, task::spawn_blocking};

use super::{
    refusal::{Answer, Refusal},
    world::{Shared, World},
};

const RUNBOOK: &str = "docs/operating.md#what-could-not-be-handled";
/// Letters that are shown at once.
const MOST: usize = 100;

/// The selection of letters for an action.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    id: Option<String>,
    ids: Option<Vec<String>>,
    all: bool,
}

/// The dead-letter queues with their approximate depths.
pub async fn list(State(world): Shared) -> Json<Value> {
    let topology = world.topology();
    let state = world.state();
    let queue = |node: &Node| {
        let count = state.depths.get(&node.id).map_or(0, |depth| depth.visible + depth.in_flight);
        json!({"queue": node.dead_letters_of, "dead_letter_queue": node.id, "count": count})
    };
    Json(topology.nodes.iter().filter(|node| node.kind == Kind::DeadLetterQueue).map(queue).collect())
}

/// Does something with the letters of a queue. The client's futures stay on one thread, which a server's may not.
pub async fn act(
    State(world): Shared,
    Path((queue, action)): Path<(String, String)>,
    Json(which): Json<Which>,
) -> Answer {
    let runtime = Handle::current();
    let done = spawn_blocking(move || runtime.block_on(done(&world, &queue, &action, which))).await;
    let ended = |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The console had a fault.", "Try again.");
    done.map_err(ended)?.map(Json)
}

async fn done(world: &World, queue: &str, action: &str, which: Which) -> Result<Value, Refusal> {
    let name = name(world, queue)?;
    let deployment = world.deployment();
    match action {
        "look" => {
            let letters = dead_letters::letters(&deployment, &name).await?;
            let messages: Vec<Value> = letters.iter().take(MOST).map(shown).collect();
            Ok(
                json!({"messages": messages, "reasons": reasons(&letters), "truncated": letters.len() > MOST, "runbook": RUNBOOK}),
            )
        }
        "reveal" => {
            let letters = dead_letters::letters(&deployment, &name).await?;
            let letter = letters.into_iter().find(|letter| Some(&letter.id) == which.id.as_ref());
            let gone =
                || Refusal::new(StatusCode::NOT_FOUND, "The letter is no longer there.", "Look again.");
            Ok(json!({"body": letter.ok_or_else(gone)?.body}))
        }
        "redrive" => {
            world.may_act()?;
            Ok(json!(removal::redrive(&deployment, &name, &which.selected()?).await?))
        }
        "discard" => {
            world.may_act()?;
            Ok(json!(removal::discard(&deployment, &name, &which.selected()?).await?))
        }
        _ => Err(Refusal::new(StatusCode::NOT_FOUND, format!("There is no action {action}."), "")),
    }
}

impl Which {
    fn selected(self) -> Result<Letters, Refusal> {
        match self {
            Self { all: true, .. } => Ok(Letters::All),
            Self { ids: Some(ids), .. } if !ids.is_empty() => Ok(Letters::These(ids)),
            _ => Err(Refusal::new(StatusCode::BAD_REQUEST, "No letter is selected.", "")),
        }
    }
}

/// The name by which the client knows a dead-letter queue: its own, or its service's if others are called the same.
fn name(world: &World, id: &str) -> Result<String, Refusal> {
    let node = world.node(id)?;
    let topology = world.topology();
    let same = topology.nodes.iter().filter(|other| other.name == node.name).count();
    Ok(if same > 1 { node.lane } else { node.name.trim_end_matches("Dlq").to_owned() })
}

fn shown(letter: &dead_letters::DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "reason": letter.reason(),
        "error": letter.detail,
        "attempts": letter.receive_count.unwrap_or(1),
        "sent_at": letter.since,
        "correlation_id": correlation_id(&letter.body),
        "body": masked(&letter.body),
    })
}

/// The reasons with their numbers: `poison 2, expired 1`.
fn reasons(letters: &[dead_letters::DeadLetter]) -> String {
    let mut numbers = BTreeMap::<_, usize>::new();
    for letter in letters {
        *numbers.entry(letter.reason()).or_default() += 1;
    }
    let texts: Vec<String> = numbers.iter().map(|(reason, number)| format!("{reason} {number}")).collect();
    texts.join(", ")
}

fn correlation_id(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body.get("correlationid").or(body.get("correlation_id"))?.as_str()?.to_owned())
}

/// A body with its values masked. A body that is not JSON is masked as a whole.
fn masked(body: &str) -> String {
    let Ok(mut value) = serde_json::from_str(body) else {
        return format!("{} characters that are no JSON", body.chars().count());
    };
    mask(&mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(mask),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) | Value::String(_) => *value = Value::String("•••".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_body_is_shown_but_its_fields() {
        let shown = masked(r#"{"type":"RideCompleted","data":{"customer":"c-1","fares":[1,2],"late":null}}"#);
        assert!(shown.contains("customer") && shown.contains("fares"));
        for private in ["RideCompleted", "c-1", "1", "2"] {
            assert!(!shown.contains(&format!("\"{private}\"")), "{private}");
        }
        assert_eq!(masked("hello"), "5 characters that are no JSON");
    }
}
