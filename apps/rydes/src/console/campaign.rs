//! A campaign's curves: the depths of the queues behind an API that only queues its requests, and what was accepted and decided.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use client::{
    logs::LogLine,
    topology::{Edge, Kind, Topology, Way},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::depth::Depth;

const MOST: usize = 600;

/// The curves since the console watches.
#[derive(Debug, Default)]
pub struct Campaign {
    started: Option<Instant>,
    series: BTreeMap<String, VecDeque<Point>>,
    accepted: Curve,
    decided: Curve,
}

/// Seconds since the start, and a number.
#[derive(Debug, Clone, Copy, Serialize)]
struct Point(f64, u64);

#[derive(Debug, Default)]
struct Curve {
    count: u64,
    points: VecDeque<Point>,
}

/// The queues of a campaign: the one that the API fills, and those that its events go to.
struct Queues<'a> {
    first: &'a Edge,
    others: Vec<&'a Edge>,
}

impl<'a> Queues<'a> {
    fn of(topology: &'a Topology) -> Option<Self> {
        let from_api = |edge: &&Edge| {
            edge.kind == Way::Sends && topology.node(&edge.from).is_some_and(|node| node.kind == Kind::Api)
        };
        let first = topology.edges.iter().find(from_api)?;
        let functions = topology.beginning_at(&first.to, Way::Polls);
        let topics = functions.flat_map(|polls| topology.beginning_at(&polls.to, Way::Publishes));
        let others =
            topics.flat_map(|publishes| topology.beginning_at(&publishes.to, Way::Delivers)).collect();
        Some(Self { first, others })
    }
}

impl Campaign {
    fn now(&mut self) -> f64 {
        self.started.get_or_insert_with(Instant::now).elapsed().as_secs_f64()
    }

    /// Takes the depths of this moment.
    pub fn sample(&mut self, topology: &Topology, depths: &BTreeMap<String, Depth>) {
        let now = self.now();
        let Some(Queues { first, others }) = Queues::of(topology) else { return };
        for queue in others.into_iter().chain([first]).map(|edge| &edge.to) {
            let depth = depths.get(queue).map_or(0, |depth| depth.visible + depth.in_flight);
            push(self.series.entry(queue.clone()).or_default(), Point(now, depth));
        }
        for curve in [&mut self.accepted, &mut self.decided] {
            push(&mut curve.points, Point(now, curve.count));
        }
    }

    /// Counts a prebooking that was stored, or decided by the service that filters its event.
    pub fn count(&mut self, topology: &Topology, line: &LogLine) {
        if line.message != "handled" || line.text("outcome") != Some("made") {
            return;
        }
        let Some(Queues { first, others }) = Queues::of(topology) else { return };
        let handles = |queue: &str| {
            let mut functions = topology.beginning_at(queue, Way::Polls);
            functions.any(|edge| topology.node(&edge.to).is_some_and(|node| node.address == line.function))
        };
        if handles(&first.to) {
            self.accepted.count += 1;
        } else if others.iter().any(|edge| edge.filter.is_some() && handles(&edge.to)) {
            self.decided.count += 1;
        }
    }

    /// The curves, as the page draws them.
    pub fn described(&self) -> Value {
        let Self { series, accepted, decided, .. } = self;
        json!({"series": series, "accepted": accepted.points, "decided": decided.points})
    }
}

fn push(points: &mut VecDeque<Point>, point: Point) {
    points.push_back(point);
    if points.len() > MOST {
        points.pop_front();
    }
}
