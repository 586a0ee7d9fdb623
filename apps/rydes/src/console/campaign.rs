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
const MOMENTS: usize = 5;

/// The curves since the console watches.
#[derive(Debug, Default)]
pub struct Campaign {
    started: Option<Instant>,
    /// The number of prebookings that this console sends, and the number of those that were sent.
    asked: u64,
    sent: u64,
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

    /// Begins anew, unless a campaign is under way: then the prebookings are more of that one.
    pub fn begin(&mut self, count: u32) {
        let is_empty = |points: &VecDeque<Point>| points.back().is_none_or(|Point(_, depth)| *depth == 0);
        if self.sent == self.asked && self.series.values().all(is_empty) {
            *self = Self { started: self.started, ..Self::default() };
        }
        self.asked += u64::from(count);
    }

    /// Counts a prebooking that this console has sent.
    pub fn sent(&mut self) {
        self.sent += 1;
    }

    /// Takes the depths of this moment.
    pub fn sample(&mut self, topology: &Topology, depths: &BTreeMap<String, Depth>) {
        let now = self.now();
        let Some(Queues { first, others }) = Queues::of(topology) else { return };
        for queue in others.into_iter().chain([first]).map(|edge| &edge.to) {
            let depth = depths.get(queue).map_or(0, |depth| depth.visible + depth.in_flight);
            push(self.series.entry(queue.clone()).or_default(), Point(now, depth));
        }
        // A log line may be missed, and nothing is decided that was not accepted.
        let accepted = self.accepted.count;
        push(&mut self.accepted.points, Point(now, accepted));
        push(&mut self.decided.points, Point(now, self.decided.count.min(accepted)));
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
            if self.accepted.count == 0 {
                self.leave_out_calm();
            }
            self.accepted.count += 1;
        } else if others.iter().any(|edge| edge.filter.is_some() && handles(&edge.to)) {
            self.decided.count += 1;
        }
    }

    /// The time before the first prebooking is no part of the campaign, but for the moments that its log line took to come.
    fn leave_out_calm(&mut self) {
        let curves = [&mut self.accepted.points, &mut self.decided.points];
        for points in self.series.values_mut().chain(curves) {
            points.drain(..points.len().saturating_sub(MOMENTS));
        }
    }

    /// The curves, as the page draws them.
    pub fn described(&self) -> Value {
        let Self { series, accepted, decided, sent, asked, .. } = self;
        json!({
            "sent": sent, "asked": asked,
            "series": series, "accepted": accepted.points, "decided": decided.points,
        })
    }
}

fn push(points: &mut VecDeque<Point>, point: Point) {
    points.push_back(point);
    if points.len() > MOST {
        points.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{line, topology};

    fn counted(function: &str, outcome: &str) -> (u64, u64) {
        let mut campaign = Campaign::default();
        campaign.count(&topology(), &line(function, "handled", &json!({"outcome": outcome})));
        (campaign.accepted.count, campaign.decided.count)
    }

    #[test]
    fn a_prebooking_is_accepted_when_it_is_stored_and_decided_behind_the_filter() {
        assert_eq!(counted("bookings/Book", "made"), (1, 0));
        assert_eq!(counted("quotes/Decide", "made"), (0, 1));
    }

    #[test]
    fn repetitions_and_other_events_do_not_count() {
        assert_eq!(counted("bookings/Book", "duplicate"), (0, 0));
        assert_eq!(counted("points/Award", "made"), (0, 0));
        assert_eq!(counted("features/Feature", "made"), (0, 0));
    }

    #[test]
    fn the_curves_have_the_depths_of_the_campaigns_queues_and_the_last_points() {
        let mut campaign = Campaign::default();
        let depth = Depth { visible: 3, in_flight: 2, ..Depth::default() };
        let depths =
            BTreeMap::from([("bookings/Queue".to_owned(), depth), ("points/Queue".to_owned(), depth)]);
        for _ in 0..MOST + 10 {
            campaign.sample(&topology(), &depths);
        }
        let described = campaign.described();
        let series = described["series"].as_object().unwrap();
        assert_eq!(series.keys().collect::<Vec<_>>(), ["bookings/Queue", "quotes/Queue"]);
        assert_eq!(series["bookings/Queue"].as_array().unwrap().len(), MOST);
        assert_eq!((&series["bookings/Queue"][0][1], &series["quotes/Queue"][0][1]), (&json!(5), &json!(0)));
        assert_eq!(described["accepted"].as_array().unwrap().len(), MOST);
    }

    /// A campaign of three prebookings, of which all are decided, after a while without any.
    fn campaign() -> Campaign {
        let mut campaign = Campaign::default();
        campaign.sample(&topology(), &BTreeMap::new());
        campaign.begin(3);
        for function in ["bookings/Book", "quotes/Decide", "quotes/Decide"] {
            campaign.count(&topology(), &line(function, "handled", &json!({"outcome": "made"})));
            campaign.sent();
        }
        campaign
    }

    #[test]
    fn the_curves_begin_with_the_first_prebooking() {
        let mut campaign = Campaign::default();
        for _ in 0..MOMENTS + 10 {
            campaign.sample(&topology(), &BTreeMap::new());
        }
        campaign.count(&topology(), &line("bookings/Book", "handled", &json!({"outcome": "made"})));
        let described = campaign.described();
        for curve in [&described["series"]["quotes/Queue"], &described["accepted"], &described["decided"]] {
            assert_eq!(curve.as_array().unwrap().len(), MOMENTS);
        }
    }

    #[test]
    fn no_more_is_decided_than_was_accepted() {
        let mut campaign = campaign();
        campaign.sample(&topology(), &BTreeMap::new());
        let described = campaign.described();
        assert_eq!((&described["accepted"][0][1], &described["decided"][0][1]), (&json!(1), &json!(1)));
        assert_eq!((&described["sent"], &described["asked"]), (&json!(3), &json!(3)));
    }

    #[test]
    fn a_campaign_begins_anew_once_the_one_before_is_over() {
        let mut campaign = campaign();
        campaign.begin(2);
        assert_eq!((campaign.accepted.count, campaign.asked, campaign.sent), (0, 2, 0));
        assert_eq!(campaign.described()["series"], json!({}));
        campaign.begin(5);
        assert_eq!(campaign.asked, 7, "the one before is under way");
        campaign.sent = 7;
        let depths = BTreeMap::from([("quotes/Queue".to_owned(), Depth { visible: 1, ..Depth::default() })]);
        campaign.sample(&topology(), &depths);
        campaign.begin(1);
        assert_eq!(campaign.asked, 8, "messages wait");
    }

    #[test]
    fn a_system_whose_apis_queue_nothing_has_no_curves() {
        let mut campaign = Campaign::default();
        campaign.sample(&Topology::default(), &BTreeMap::new());
        assert_eq!(campaign.described()["series"], json!({}));
    }
}
