//! Counts and latencies of a run. A long run takes no more memory than a short one.

use std::collections::BTreeMap;

use client::{Error, error::root_cause};
use hdrhistogram::{Counter, Histogram};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    arrivals::milliseconds,
    mix::UseCase,
    options::LoadPlan,
    timeline::{Slice, Timeline},
};

/// The result of a load.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Load {
    /// The number of requests to send.
    pub planned: u64,
    /// The rate to reach, in requests a second, once the rate had risen.
    pub rate: u32,
    /// The time in which requests were sent.
    pub sending_ms: u64,
    /// True if it was stopped before all were sent and answered.
    pub stopped: bool,
    /// The figures by use case.
    pub use_cases: Vec<Figures>,
    /// The figures of all requests.
    pub all: Figures,
    /// The delay of the generator itself, for requests that were due and had a free connection slot.
    pub lateness: Lateness,
    /// The maximum number of concurrent requests.
    pub connections: usize,
    /// The number of requests that found no free connection slot when they were due.
    pub waited_for_room: u64,
    /// The length of a slice.
    pub slice_ms: u64,
    /// The figures over time, by the due times of the requests.
    pub slices: Vec<Slice>,
}

/// The figures of some of the requests. A latency is the time from when a request was due until it was accepted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// The use case; none if the figures are of all requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The number of requests sent.
    pub sent: u64,
    /// The number of accepted requests.
    pub accepted: u64,
    /// The requests that were not accepted, counted by kind of answer.
    pub errors: BTreeMap<String, u64>,
    /// The number of requests without an answer when the load was stopped.
    pub unanswered: u64,
    /// The median latency.
    pub p50_ms: u64,
    /// The 90th percentile of the latencies.
    pub p90_ms: u64,
    /// The 99th percentile of the latencies.
    pub p99_ms: u64,
    /// The longest latency.
    pub max_ms: u64,
    /// The accepted requests a second, over the time in which they were sent.
    #[serde(serialize_with = "crate::decimal::as_number")]
    pub accepted_per_second: Decimal,
}

/// The delay with which requests were sent.
#[expect(clippy::struct_field_names, reason = "the JSON has these names")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Lateness {
    /// The median.
    pub p50_ms: u64,
    /// The 99th percentile.
    pub p99_ms: u64,
    /// The maximum.
    pub max_ms: u64,
}

/// The progress of a load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// The number of requests sent so far.
    pub sent: u64,
    /// The recent rate, in requests a second.
    pub per_second: u64,
    /// The number of requests under way.
    pub under_way: u64,
    /// The number of requests that were not accepted.
    pub errors: u64,
    /// The median latency.
    pub p50_ms: u64,
    /// The 99th percentile of the latencies.
    pub p99_ms: u64,
}

impl Load {
    /// True if every request was accepted, except for those under way when the load was stopped.
    pub fn is_without_errors(&self) -> bool {
        self.all.errors.is_empty()
    }
}

impl Figures {
    /// The number of requests with another answer than an acceptance.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// The sending of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sending {
    /// The time when it was due, after the start.
    pub due_ms: u64,
    /// Its delay by the generator itself.
    pub late_ms: u64,
    /// The time when it was sent, after the start.
    pub at_ms: u64,
    /// True if it had to wait for a free connection slot.
    pub waited: bool,
}

/// All counts and latencies of a run.
pub(super) struct Tally {
    by_use_case: BTreeMap<UseCase, Count>,
    all: Count,
    lateness: Histogram<u64>,
    waited_for_room: u64,
    last_sent_ms: u64,
    timeline: Timeline,
    none: Histogram<u64>,
}

struct Count {
    sent: u64,
    accepted: u64,
    errors: BTreeMap<String, u64>,
    latencies: Histogram<u64>,
}

/// The longest latency that is recorded, an hour. The client gives up long before.
const LONGEST_MS: u64 = 3_600_000;

fn histogram<C: Counter>(digits: u8) -> Result<Histogram<C>, Error> {
    Histogram::new_with_bounds(1, LONGEST_MS, digits).map_err(|error| Error::Unexpected(root_cause(&error)))
}

impl Tally {
    pub fn new() -> Result<Self, Error> {
        let none = histogram(3)?;
        Ok(Self {
            by_use_case: BTreeMap::new(),
            all: Count::new(&none),
            lateness: none.clone(),
            waited_for_room: 0,
            last_sent_ms: 0,
            timeline: Timeline::new(histogram(2)?),
            none,
        })
    }

    /// Records that a request is sent.
    pub fn record_sending(&mut self, use_case: UseCase, sending: Sending) {
        let Sending { due_ms, late_ms, at_ms, waited } = sending;
        self.lateness.saturating_record(late_ms);
        self.waited_for_room += u64::from(waited);
        self.last_sent_ms = self.last_sent_ms.max(at_ms);
        for count in self.counts(use_case) {
            count.sent += 1;
        }
        self.timeline.at(due_ms).sent += 1;
    }

    /// Records an answer, or that there was none, with the time since the request was due.
    pub fn record_answer(
        &mut self,
        use_case: UseCase,
        due_ms: u64,
        latency_ms: u64,
        answer: &Result<(), String>,
    ) {
        self.timeline.at(due_ms).record_answer(latency_ms, answer.is_ok());
        for count in self.counts(use_case) {
            match answer {
                Ok(()) => {
                    count.accepted += 1;
                    count.latencies.saturating_record(latency_ms);
                }
                Err(kind) => *count.errors.entry(kind.clone()).or_default() += 1,
            }
        }
    }

    fn counts(&mut self, use_case: UseCase) -> [&mut Count; 2] {
        let none = &self.none;
        [self.by_use_case.entry(use_case).or_insert_with(|| Count::new(none)), &mut self.all]
    }

    /// The progress without the rate, which needs more than one look.
    pub fn progress(&self) -> Progress {
        let Count { sent, accepted, errors, latencies } = &self.all;
        let errors = errors.values().sum();
        Progress {
            sent: *sent,
            per_second: 0,
            under_way: sent - accepted - errors,
            errors,
            p50_ms: latencies.value_at_quantile(0.5),
            p99_ms: latencies.value_at_quantile(0.99),
        }
    }

    pub fn summary(&self, plan: &LoadPlan, stopped: bool) -> Load {
        // If all requests were sent in time, sending lasted until the next one would have been due.
        let due_ms = milliseconds(plan.schedule.due(self.all.sent));
        let sending_ms = due_ms.max(self.last_sent_ms);
        let of = |(use_case, count): (&UseCase, &Count)| count.figures(Some(*use_case), sending_ms);
        Load {
            planned: plan.requests,
            rate: plan.schedule.rate,
            sending_ms,
            stopped,
            use_cases: self.by_use_case.iter().map(of).collect(),
            all: self.all.figures(None, sending_ms),
            lateness: Lateness {
                p50_ms: self.lateness.value_at_quantile(0.5),
                p99_ms: self.lateness.value_at_quantile(0.99),
                max_ms: self.lateness.max(),
            },
            connections: plan.connections,
            waited_for_room: self.waited_for_room,
            slice_ms: self.timeline.slice_ms(),
            slices: self.timeline.slices(due_ms),
        }
    }
}

impl Count {
    fn new(none: &Histogram<u64>) -> Self {
        Self { sent: 0, accepted: 0, errors: BTreeMap::new(), latencies: none.clone() }
    }

    fn figures(&self, use_case: Option<UseCase>, sending_ms: u64) -> Figures {
        let Self { sent, accepted, errors, latencies } = self;
        let failed: u64 = errors.values().sum();
        let per_second = Decimal::from(accepted * 1000).checked_div(sending_ms.into()).unwrap_or_default();
        Figures {
            use_case,
            sent: *sent,
            accepted: *accepted,
            errors: errors.clone(),
            unanswered: sent - accepted - failed,
            p50_ms: latencies.value_at_quantile(0.5),
            p90_ms: latencies.value_at_quantile(0.9),
            p99_ms: latencies.value_at_quantile(0.99),
            max_ms: latencies.max(),
            accepted_per_second: per_second.round_dp(1),
        }
    }
}
