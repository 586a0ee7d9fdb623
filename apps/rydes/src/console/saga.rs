//! The saga: the state machine as it is deployed, and the paths of executions through it.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use client::{Error, topology::Kind, trace::fare};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    refusal::{Answer, Refusal},
    world::{Shared, World},
};

const LATEST: i32 = 20;

fn machine(world: &World) -> Result<String, Refusal> {
    let topology = world.topology();
    let machine = topology.nodes.iter().find(|node| node.kind == Kind::StateMachine);
    let none = || Refusal::new(StatusCode::NOT_FOUND, "No state machine is deployed.", "");
    Ok(machine.ok_or_else(none)?.address.clone())
}

/// The definition as a graph.
pub async fn definition(State(world): Shared) -> Answer {
    let client = aws_sdk_sfn::Client::new(world.deployment().aws());
    let described = client.describe_state_machine().state_machine_arn(machine(&world)?).send().await;
    let described = described.map_err(|error| Error::aws("states:DescribeStateMachine", &error))?;
    let definition: Value = serde_json::from_str(&described.definition).unwrap_or_default();
    let states = definition["States"].as_object().cloned().unwrap_or_default();
    Ok(Json(
        json!({"definition": {"nodes": nodes(&states), "edges": edges(&states), "start": definition["StartAt"]}}),
    ))
}

fn nodes(states: &Map<String, Value>) -> Vec<Value> {
    let node = |(id, state): (&String, &Value)| json!({"id": id, "type": state["Type"], "compensation": fare::is_compensation(id)});
    states.iter().map(node).collect()
}

fn edges(states: &Map<String, Value>) -> Vec<Value> {
    let mut edges = Vec::new();
    for (from, state) in states {
        let mut edge = |to: &Value, kind: &str, label: String| {
            if let Some(to) = to.as_str() {
                edges.push(json!({"from": from, "to": to, "kind": kind, "label": label}));
            }
        };
        edge(&state["Next"], "next", String::new());
        edge(&state["Default"], "choice", "otherwise".to_owned());
        for choice in state["Choices"].as_array().into_iter().flatten() {
            edge(&choice["Next"], "choice", String::new());
        }
        for catch in state["Catch"].as_array().into_iter().flatten() {
            let errors = catch["ErrorEquals"].as_array().into_iter().flatten().filter_map(Value::as_str);
            edge(&catch["Next"], "catch", errors.collect::<Vec<_>>().join(", "));
        }
    }
    edges
}

/// The latest executions.
pub async fn executions(State(world): Shared) -> Answer {
    let client = aws_sdk_sfn::Client::new(world.deployment().aws());
    let list = client.list_executions().state_machine_arn(machine(&world)?).max_results(LATEST);
    let listed = list.send().await.map_err(|error| Error::aws("states:ListExecutions", &error))?;
    let executions = listed.executions.into_iter().map(|execution| {
        json!({
            "id": execution.name,
            "fare_id": execution.name,
            "status": execution.status.as_str(),
            "started_at": time(execution.start_date.to_millis().ok()),
            "ended_at": time(execution.stop_date.and_then(|at| at.to_millis().ok())),
        })
    });
    Ok(Json(executions.collect()))
}

fn time(milliseconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds?).ok()
}

/// The path of an execution, which has the id of its fare.
pub async fn execution(State(world): Shared, Path(id): Path<String>) -> Answer {
    let deployment = world.deployment();
    let trace = fare::trace(&deployment, &id, Duration::ZERO, |_| {}).await?;
    let mut at = Timestamp::now() - SignedDuration::from_millis(trace.duration_ms);
    let path: Vec<Value> = trace
        .steps
        .iter()
        .map(|step| {
            let entered = at;
            at += SignedDuration::from_millis(step.duration_ms);
            let running = step.outcome == fare::StepOutcome::Running;
            json!({
                "state": step.state,
                "entered_at": entered,
                "left_at": (!running).then_some(at),
                "tries": step.attempts,
                "error": step.errors.last().map(|error| format!("{}: {}", error.error, error.cause)),
            })
        })
        .collect();
    Ok(Json(json!({"id": id, "status": trace.execution, "path": path})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_from_state_to_state_is_an_edge_with_its_kind() {
        let states = json!({
            "Pay": {"Type": "Task", "Next": "Paid?", "Catch": [
                {"ErrorEquals": ["Declined", "States.Timeout"], "Next": "Refund"}
            ]},
            "Paid?": {"Type": "Choice", "Choices": [{"Next": "Done"}], "Default": "Refund"},
            "Refund": {"Type": "Task", "End": true},
            "Done": {"Type": "Succeed"},
        });
        let edges = edges(states.as_object().unwrap());
        let edge = |from: &str, to: &str, kind: &str, label: &str| json!({"from": from, "to": to, "kind": kind, "label": label});
        assert_eq!(edges.len(), 4);
        for edge in [
            edge("Pay", "Paid?", "next", ""),
            edge("Pay", "Refund", "catch", "Declined, States.Timeout"),
            edge("Paid?", "Done", "choice", ""),
            edge("Paid?", "Refund", "choice", "otherwise"),
        ] {
            assert!(edges.contains(&edge), "{edge} is not in {edges:?}");
        }
    }

    #[test]
    fn a_state_has_its_type() {
        let states = json!({"Done": {"Type": "Succeed"}});
        let nodes = nodes(states.as_object().unwrap());
        assert_eq!(nodes, [json!({"id": "Done", "type": "Succeed", "compensation": false})]);
    }
}
