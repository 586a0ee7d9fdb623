//! The size of a load, and the time when each of its requests is due.

use std::time::Duration;

use clap::Args;
use client::Error;
use jiff::SignedDuration;

use super::{arrivals::due_after, mix::Mix};
use crate::faults::Faults;

/// The options of a load, as typed. They are checked together, so that every fault is reported at once.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct LoadOptions {
    /// The use cases of the requests, by weight: rides, prebookings and quotes
    #[arg(long, default_value = "rides=8,prebookings=3,quotes=1")]
    pub mix: String,
    /// Requests a second, whether or not earlier ones are answered
    #[arg(long, default_value = "20", allow_hyphen_values = true)]
    pub rate: String,
    /// Time in which they arrive, as in 90s, 5m or 1h30m [default: 1m, unless there is a --count]
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true)]
    pub lasting: Option<String>,
    /// Number of requests; with --for, the load ends at the first of the two limits
    #[arg(long, allow_hyphen_values = true)]
    pub count: Option<String>,
    /// Time in which the rate rises from zero to its full value
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub ramp: Option<String>,
    /// Maximum number of concurrent requests
    #[arg(long, default_value = "200", allow_hyphen_values = true)]
    pub connections: String,
}

/// The plan of a load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadPlan {
    /// The number of requests.
    pub requests: u64,
    /// The maximum number of concurrent requests.
    pub connections: usize,
    pub(super) mix: Mix,
    pub(super) schedule: Schedule,
}

const FASTEST: u32 = 10_000;
const MOST: u64 = 100_000_000;
const LONGEST: Duration = Duration::from_hours(24);
const BY_DEFAULT: Duration = Duration::from_mins(1);

impl LoadOptions {
    /// The plan, or an error that names every fault of the options.
    pub fn plan(&self) -> Result<LoadPlan, Error> {
        let mut faults = Faults::default();
        let mix = Mix::read(&self.mix);
        let mix = mix.map_err(|all| all.iter().for_each(|fault| faults.found("--mix", fault))).ok();
        let rate = faults.number("--rate", &self.rate, FASTEST.into());
        let connections = faults.number("--connections", &self.connections, FASTEST.into());
        let count = self.count.as_ref().map(|text| faults.number("--count", text, MOST));
        let lasting = self.lasting.as_ref().map(|text| time(&mut faults, "--for", text));
        let ramp = self.ramp.as_ref().map(|text| time(&mut faults, "--ramp", text));
        let ramp = ramp.flatten().unwrap_or_default();
        // Without a valid --for the ramp can't be compared to it.
        let whole = lasting.unwrap_or(count.is_none().then_some(BY_DEFAULT));
        if whole.is_some_and(|whole| whole < ramp) {
            faults.found("--ramp", "must not be longer than the whole");
        }
        let none = faults.none();
        none.map_err(|all| Error::Usage(format!("there is no load with these options:\n  {all}")))?;
        let (Some(mix), Some(rate), Some(connections)) = (mix, rate, connections) else {
            return Err(Error::Unexpected("an option without a value and without a fault".to_owned()));
        };
        let schedule = Schedule { rate: u32::try_from(rate).unwrap_or(FASTEST), ramp };
        let in_time = whole.map_or(MOST, |whole| schedule.due_before(whole));
        Ok(LoadPlan {
            requests: count.flatten().unwrap_or(MOST).min(in_time),
            connections: usize::try_from(connections).unwrap_or(usize::MAX),
            mix,
            schedule,
        })
    }
}

/// The time in this text, unless it is a fault.
fn time(faults: &mut Faults, option: &str, text: &str) -> Option<Duration> {
    let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    let time = time.filter(|time| (Duration::from_millis(1)..=LONGEST).contains(time));
    if time.is_none() {
        faults.found(option, "must be a time as in 90s, 5m or 1h30m, and at most 24h");
    }
    time
}

/// The times when requests are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    /// The rate after it has risen, in requests a second.
    pub rate: u32,
    /// The time in which the rate rises evenly.
    pub ramp: Duration,
}

impl Schedule {
    /// The time when the nth request is due, after the first.
    pub fn due(&self, n: u64) -> Duration {
        let (ramp, rate) = (self.ramp.as_micros(), u128::from(self.rate));
        let twice = 2_000_000 * u128::from(n);
        // During the ramp rate * time² / ramp / 2 requests have arrived, and at its end rate * ramp / 2.
        if twice < rate * ramp {
            let micros = (twice * ramp / rate).isqrt();
            return Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        }
        self.ramp / 2 + due_after(n, self.rate).unwrap_or_default()
    }

    /// The number of requests that are due before this time.
    pub fn due_before(&self, end: Duration) -> u64 {
        let (mut low, mut high) = (0, u64::from(self.rate) * (end.as_secs() + 1));
        while low < high {
            let middle = low.midpoint(high);
            if self.due(middle) < end {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}
