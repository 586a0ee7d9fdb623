//! How much load, and when each request of it is due.

use std::time::Duration;

use clap::Args;
use client::Error;
use jiff::SignedDuration;

use super::{arrivals::due_after, mix::Mix};

/// How much load, as typed. All of it is judged together, so that every fault is said at once.
#[derive(Debug, Clone, Args)]
#[group(skip)]
pub struct LoadOptions {
    /// The use cases of the requests, by weight: rides, prebookings and quotes
    #[arg(long, default_value = "rides=8,prebookings=3,quotes=1")]
    pub mix: String,
    /// How many requests a second arrive, whether or not those before are answered
    #[arg(long, default_value = "20", allow_hyphen_values = true)]
    pub rate: String,
    /// For how long they arrive, as in 90s, 5m or 1h30m [default: 1m, unless there is a --count]
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true)]
    pub lasting: Option<String>,
    /// How many arrive; with --for, whichever is over first
    #[arg(long, allow_hyphen_values = true)]
    pub count: Option<String>,
    /// For how long the rate rises from nothing, before it is what it is to be
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub ramp: Option<String>,
    /// How many requests are under way at the same time, at the most
    #[arg(long, default_value = "200", allow_hyphen_values = true)]
    pub connections: String,
}

/// How much load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadPlan {
    /// How many requests.
    pub requests: u64,
    /// How many are under way at the same time, at the most.
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
        let lasting = self.lasting.as_ref().map(|text| faults.time("--for", text));
        let ramp = self.ramp.as_ref().map(|text| faults.time("--ramp", text));
        let ramp = ramp.flatten().unwrap_or_default();
        // Without a --for that makes sense, there is nothing to compare it to.
        let whole = lasting.unwrap_or(count.is_none().then_some(BY_DEFAULT));
        if whole.is_some_and(|whole| whole < ramp) {
            faults.found("--ramp", "must not be longer than the whole");
        }
        faults.none()?;
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

/// The faults of the options.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn found(&mut self, option: &str, fault: &str) {
        self.0.push(format!("{option}: {fault}"));
    }

    fn number(&mut self, option: &str, text: &str, most: u64) -> Option<u64> {
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        if number.is_none() {
            self.found(option, &format!("must be a whole number from 1 to {most}"));
        }
        number
    }

    fn time(&mut self, option: &str, text: &str) -> Option<Duration> {
        let time = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        let time = time.filter(|time| (Duration::from_millis(1)..=LONGEST).contains(time));
        if time.is_none() {
            self.found(option, "must be a time as in 90s, 5m or 1h30m, and at most 24h");
        }
        time
    }

    fn none(self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error::Usage(format!("there is no load with these options:\n  {}", self.0.join("\n  "))))
    }
}

/// When requests are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    /// How many a second, once it has risen.
    pub rate: u32,
    /// How long it rises, evenly.
    pub ramp: Duration,
}

impl Schedule {
    /// When the nth request is due, after the first.
    pub fn due(&self, n: u64) -> Duration {
        let (ramp, rate) = (self.ramp.as_micros(), u128::from(self.rate));
        let twice = 2_000_000 * u128::from(n);
        // While the rate rises, half of rate * time² / ramp have arrived; when it has, half of rate * ramp have.
        if twice < rate * ramp {
            let micros = (twice * ramp / rate).isqrt();
            return Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        }
        self.ramp / 2 + due_after(n, self.rate).unwrap_or_default()
    }

    /// How many are due before this time.
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
