//! The steps that one log line tells of.

use client::{
    logs::LogLine,
    topology::{Edge, Topology, Way},
};

use super::step::{Step, step};

/// The steps of one line so far.
pub(super) struct Walk<'a> {
    pub topology: &'a Topology,
    pub line: &'a LogLine,
    pub steps: Vec<Step>,
}

impl Walk<'_> {
    pub fn answered(&mut self, function: &str) {
        let topology = self.topology;
        for edge in topology.ending_at(function, Way::Calls) {
            self.all(topology.ending_at(&edge.from, Way::Calls));
            self.step(edge, "ok");
        }
        self.all(topology.beginning_at(function, Way::Reads));
        let refused = self
            .line
            .fields
            .get("status")
            .and_then(serde_json::Value::as_u64)
            .is_some_and(|status| status >= 400);
        if !refused {
            self.all(topology.beginning_at(function, Way::Writes));
        }
    }

    /// The effects of handling a message. Messages that it publishes or sends show where they are handled.
    pub fn effects(&mut self, function: &str) {
        for way in [Way::Writes, Way::Starts, Way::Mails] {
            self.all(self.topology.beginning_at(function, way));
        }
    }

    pub fn all<'b>(&mut self, edges: impl Iterator<Item = &'b Edge>) {
        for edge in edges {
            self.step(edge, "ok");
        }
    }

    pub fn step(&mut self, edge: &Edge, outcome: &'static str) {
        let story = self.line.text("correlation_id").map(str::to_owned);
        let mut step = step(edge, outcome, self.line.timestamp, story);
        step.event_type = self.line.text("event_type").map(str::to_owned);
        step.took_ms = self.line.fields.get("took_ms").and_then(serde_json::Value::as_u64);
        self.steps.push(step);
    }
}
