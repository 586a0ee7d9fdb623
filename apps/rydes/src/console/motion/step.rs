//! A step: a message took an edge.

use std::collections::BTreeMap;

use client::topology::Edge;
use jiff::Timestamp;
use serde::Serialize;

/// Steps of one look that are shown one by one. More are counted by edge.
const ONE_BY_ONE: usize = 40;

/// A message took an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub edge: String,
    pub from: String,
    pub to: String,
    pub at: Timestamp,
    pub count: u64,
    pub correlation_id: Option<String>,
    pub event_type: Option<String>,
    pub outcome: &'static str,
    pub took_ms: Option<u64>,
}

/// The step of one message.
pub(super) fn step(
    edge: &Edge,
    outcome: &'static str,
    at: Timestamp,
    correlation_id: Option<String>,
) -> Step {
    Step {
        edge: edge.id.clone(),
        from: edge.from.clone(),
        to: edge.to.clone(),
        at,
        count: 1,
        correlation_id,
        event_type: None,
        outcome,
        took_ms: None,
    }
}

/// Many steps as one for each edge and outcome.
pub fn summed(steps: Vec<Step>) -> Vec<Step> {
    if steps.len() <= ONE_BY_ONE {
        return steps;
    }
    let mut sums: BTreeMap<(String, &'static str), Step> = BTreeMap::new();
    for step in steps {
        let sum = sums.entry((step.edge.clone(), step.outcome));
        sum.and_modify(|sum| sum.count += step.count).or_insert(Step { correlation_id: None, ..step });
    }
    sums.into_values().collect()
}
