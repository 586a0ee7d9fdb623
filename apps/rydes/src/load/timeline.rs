//! A run over time.

use hdrhistogram::Histogram;
use serde::Serialize;

/// The requests that were due within a slice of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Slice {
    /// The start of the slice.
    pub at_ms: u64,
    /// The end of the slice, which is earlier for the last one.
    pub until_ms: u64,
    /// The number of requests sent.
    pub sent: u64,
    /// The number of requests accepted.
    pub accepted: u64,
    /// The number of requests that were not accepted.
    pub errors: u64,
    /// The median latency.
    pub p50_ms: u64,
    /// The 99th percentile of the latencies.
    pub p99_ms: u64,
}

/// A run in slices. When there are too many, each two are merged.
pub(super) struct Timeline {
    slice_ms: u64,
    slices: Vec<Sliced>,
    none: Histogram<u32>,
}

/// The requests of a slice and their answers.
pub(super) struct Sliced {
    pub sent: u64,
    accepted: u64,
    errors: u64,
    latencies: Histogram<u32>,
}

const FINEST_MS: u64 = 1000;
const MOST_SLICES: usize = 240;

impl Timeline {
    /// A timeline without requests. Latencies are counted in copies of this histogram.
    pub fn new(none: Histogram<u32>) -> Self {
        Self { slice_ms: FINEST_MS, slices: Vec::new(), none }
    }

    /// The current length of a slice.
    pub fn slice_ms(&self) -> u64 {
        self.slice_ms
    }

    /// The slice of this time.
    pub fn at(&mut self, ms: u64) -> &mut Sliced {
        while ms / self.slice_ms >= MOST_SLICES as u64 {
            self.halve();
        }
        let n = usize::try_from(ms / self.slice_ms).unwrap_or(MOST_SLICES - 1);
        while self.slices.len() <= n {
            self.slices.push(Sliced::new(&self.none));
        }
        &mut self.slices[n]
    }

    fn halve(&mut self) {
        self.slice_ms *= 2;
        let mut slices = std::mem::take(&mut self.slices).into_iter();
        while let Some(mut slice) = slices.next() {
            if let Some(next) = slices.next() {
                slice.merge(&next);
            }
            self.slices.push(slice);
        }
    }

    /// All slices, of which the last ends at this time.
    pub fn slices(&self, end_ms: u64) -> Vec<Slice> {
        let slice = |(n, sliced): (u64, &Sliced)| {
            let Sliced { sent, accepted, errors, latencies } = sliced;
            let at_ms = n * self.slice_ms;
            Slice {
                at_ms,
                until_ms: (at_ms + self.slice_ms).min(end_ms.max(at_ms + 1)),
                sent: *sent,
                accepted: *accepted,
                errors: *errors,
                p50_ms: latencies.value_at_quantile(0.5),
                p99_ms: latencies.value_at_quantile(0.99),
            }
        };
        (0..).zip(&self.slices).map(slice).collect()
    }
}

impl Sliced {
    fn new(none: &Histogram<u32>) -> Self {
        Self { sent: 0, accepted: 0, errors: 0, latencies: none.clone() }
    }

    /// Records an answer, or that there was none.
    pub fn record_answer(&mut self, latency_ms: u64, accepted: bool) {
        if accepted {
            self.accepted += 1;
            self.latencies.saturating_record(latency_ms);
        } else {
            self.errors += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.errors += other.errors;
        // Adding fails only for different bounds, and these are the same.
        let _ = self.latencies.add(&other.latencies);
    }
}
