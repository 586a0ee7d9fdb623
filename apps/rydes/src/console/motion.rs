//! Motion: the steps of messages, as the functions' log lines tell them. A line tells of one function's work; the topology tells where
//! its message came from.

mod step;
mod story;
mod walk;

use std::{collections::HashMap, time::Duration};

use client::{
    logs::LogLine,
    topology::{Edge, Kind, Topology, Way},
};
use jiff::Timestamp;
use tokio::time::Instant;

pub use self::step::{Step, summed};
pub use self::story::Story;
use self::{step::step, story::Stories, walk::Walk};

/// The events whose topic is remembered, and the stories whose functions are.
const REMEMBERED: usize = 2000;
/// A subscriber without a filter has handled an event, and one with a filter has not after this time: it was filtered out.
const VERDICT_AFTER: Duration = Duration::from_millis(1500);

/// The latest stories, and what is known of their events.
#[derive(Debug, Default)]
pub struct Recent {
    pub stories: Stories,
    /// Event id → the topic that took it.
    published: HashMap<String, String>,
    /// Correlation id → the functions that have handled its messages, the latest one last.
    handled: HashMap<String, Vec<String>>,
    /// Filters without a verdict yet.
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    published: Timestamp,
    event: String,
    story: Option<String>,
    edge: Edge,
}

impl Recent {
    /// The steps that a line tells of.
    pub fn steps(&mut self, topology: &Topology, line: &LogLine) -> Vec<Step> {
        let Some(function) = topology.nodes.iter().find(|node| node.address == line.function) else {
            return Vec::new();
        };
        let mut walk = Walk { topology, line, steps: Vec::new() };
        match line.message.as_str() {
            "answered" => walk.answered(&function.id),
            "published" => self.published(&mut walk, &function.id),
            "handled" | "failed" => self.handled(&mut walk, &function.id),
            _ if topology.ending_at(&function.id, Way::Tasks).next().is_some() => {
                walk.all(topology.ending_at(&function.id, Way::Tasks));
                walk.effects(&function.id);
            }
            _ => {}
        }
        let steps = walk.steps;
        self.stories.count(line, &function.name, steps.len());
        self.forget();
        steps
    }

    fn published(&mut self, walk: &mut Walk<'_>, function: &str) {
        walk.all(walk.topology.ending_at(function, Way::Streams));
        walk.all(walk.topology.beginning_at(function, Way::Publishes));
        let (Some(event), Some(topic)) =
            (walk.line.text("event_id"), walk.topology.beginning_at(function, Way::Publishes).next())
        else {
            return;
        };
        self.published.insert(event.to_owned(), topic.to.clone());
        for edge in walk.topology.beginning_at(&topic.to, Way::Delivers).filter(|edge| edge.filter.is_some())
        {
            let story = walk.line.text("correlation_id").map(str::to_owned);
            self.waiting.push(Waiting {
                since: Instant::now(),
                published: walk.line.timestamp,
                event: event.to_owned(),
                story,
                edge: edge.clone(),
            });
        }
    }

    fn handled(&mut self, walk: &mut Walk<'_>, function: &str) {
        let event = walk.line.text("event_id").unwrap_or_default();
        let topic = self.published.get(event).cloned();
        let polls: Vec<&Edge> = walk.topology.ending_at(function, Way::Polls).collect();
        let queue = walk.line.text("queue");
        let is_named = |edge: &&&Edge| {
            walk.topology.node(&edge.from).is_some_and(|node| queue == Some(node.queue_name()))
        };
        let takes = |edge: &&&Edge| {
            let delivers = |into: &Edge| topic.as_ref().is_some_and(|topic| *topic == into.from);
            walk.topology.ending_at(&edge.from, Way::Delivers).any(delivers)
        };
        let Some(poll) =
            polls.iter().find(is_named).or_else(|| polls.iter().find(takes)).or(polls.first()).copied()
        else {
            return;
        };
        self.before_queue(walk, &poll.from, topic.as_deref());
        self.waiting.retain(|waiting| waiting.event != event || waiting.edge.to != poll.from);
        let outcome = match (walk.line.message.as_str(), walk.line.text("outcome")) {
            ("failed", Some("dead-lettered")) => "dead",
            ("failed", _) => "failed",
            (_, Some("duplicate")) => "duplicate",
            _ => "ok",
        };
        walk.step(poll, if outcome == "dead" { "failed" } else { outcome });
        if outcome == "dead" {
            for edge in walk.topology.beginning_at(&poll.from, Way::Redrives) {
                walk.step(edge, "dead");
            }
        } else if walk.line.text("outcome") == Some("made") {
            walk.effects(function);
        }
        if let Some(story) = walk.line.text("correlation_id") {
            self.handled.entry(story.to_owned()).or_default().push(function.to_owned());
        }
    }

    /// The way of a message into a queue: from the topic that took it, or from its sender.
    fn before_queue(&mut self, walk: &mut Walk<'_>, queue: &str, topic: Option<&str>) {
        let attempts = walk.line.fields.get("receive_count").and_then(serde_json::Value::as_u64);
        if attempts.is_some_and(|attempts| attempts > 1) {
            return;
        }
        let topology = walk.topology;
        let from_machine = |edge: &&Edge| {
            let machine = |publishes: &Edge| {
                topology.node(&publishes.from).is_some_and(|node| node.kind == Kind::StateMachine)
            };
            topology.ending_at(&edge.from, Way::Publishes).any(machine)
        };
        let by_topic =
            topology.ending_at(queue, Way::Delivers).find(|edge| Some(edge.from.as_str()) == topic);
        if let Some(edge) = by_topic {
            return walk.step(edge, "ok");
        }
        if let Some(edge) = topology.ending_at(queue, Way::Delivers).find(from_machine) {
            walk.all(topology.ending_at(&edge.from, Way::Publishes));
            return walk.step(edge, "ok");
        }
        let senders: Vec<&Edge> = topology.ending_at(queue, Way::Sends).collect();
        let story = walk.line.text("correlation_id").unwrap_or_default();
        let handled = self.handled.get(story);
        let is_there = |edge: &&&Edge| handled.is_some_and(|handled| handled.contains(&edge.from));
        let sender = match senders.as_slice() {
            [only] => Some(*only),
            several => several.iter().find(is_there).copied(),
        };
        if let Some(edge) = sender {
            if topology.node(&edge.from).is_some_and(|node| node.kind == Kind::Api) {
                walk.all(topology.ending_at(&edge.from, Way::Calls));
            } else if let Some(handled) = self.handled.get_mut(story) {
                // Each answer is one sender's.
                if let Some(place) = handled.iter().position(|function| *function == edge.from) {
                    handled.remove(place);
                }
            }
            walk.step(edge, "ok");
        }
    }

    /// The steps that ended at a filter: the others have the event, and the queue behind the filter is empty.
    pub fn verdicts(&mut self, is_empty: impl Fn(&str) -> bool) -> Vec<Step> {
        let (due, rest) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting: &Waiting| waiting.since.elapsed() > VERDICT_AFTER);
        self.waiting = rest;
        let mut steps = Vec::new();
        for Waiting { published, story, edge, .. } in due {
            if !is_empty(&edge.to) {
                continue;
            }
            steps.push(step(&edge, "filtered", published, story.clone()));
            if let Some(id) = story {
                self.stories.filtered(&id, edge);
            }
        }
        steps
    }

    fn forget(&mut self) {
        if self.published.len() > REMEMBERED {
            self.published.clear();
        }
        if self.handled.len() > REMEMBERED {
            self.handled.clear();
        }
    }
}

#[cfg(test)]
mod tests;
