//! The price of a month.

use std::collections::BTreeMap;

use client::Error;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use super::data::{Data, Kind, Source};
use crate::cost;

/// The seconds of 730 hours.
const MONTH: f64 = 2_628_000.0;
/// `Handled`, `Duplicates` and `Latency`, of each function that takes from queues.
const METRICS_OF_A_CONSUMER: f64 = 3.0;
/// `Handled` and `Duplicates`, of each function that takes from a stream.
const METRICS_OF_AN_OUTBOX: f64 = 2.0;

/// The price of a month, in dollars, at list prices.
#[derive(Debug, Clone, Serialize)]
pub struct Bill {
    /// The region and the date of the prices.
    pub prices: String,
    /// The rides of a month.
    pub rides: f64,
    /// A million rides, as they were counted.
    pub dollars_a_million: f64,
    /// All rides.
    pub dollars_of_rides: f64,
    /// The charges of a stage without rides.
    pub fixed: Vec<Charge>,
    /// The same together.
    pub dollars_fixed: f64,
    /// Metrics, which are paid for the hours in which rides are taken.
    pub metrics: Charge,
    /// Everything.
    pub dollars: f64,
    /// The prices in use that were not checked against a page, as service and kind.
    pub unchecked: Vec<String>,
}

/// A charge by the month.
#[derive(Debug, Clone, Serialize)]
pub struct Charge {
    /// The kind of charge.
    pub what: String,
    /// The number of units.
    pub count: f64,
    /// In dollars.
    pub dollars: f64,
    /// Its prices that were not checked against a page, as service and kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
}

impl Bill {
    pub(super) fn new(data: &Data, rides_per_second: f64) -> Result<Self, Error> {
        let counts = include_str!("../../scale/counts.json");
        let cost = cost::from_counts(counts, "counts.json", &data.prices)?;
        let dollars_a_million = cost.total.dollars.first().and_then(ToPrimitive::to_f64);
        let dollars_a_million = dollars_a_million
            .ok_or_else(|| Error::Unexpected("counts.json gives no price of a million rides".to_owned()))?;
        let rides = rides_per_second * MONTH;
        let dollars_of_rides = rides / 1e6 * dollars_a_million;
        let fixed = fixed(data)?;
        let dollars_fixed = fixed.iter().map(|charge| charge.dollars).sum();
        let metrics = charge(data, "cloudwatch", "metrics", metrics(&data.stage.sources))?;
        let dollars = dollars_of_rides + dollars_fixed + metrics.dollars;
        let by_the_month = fixed.iter().chain([&metrics]).flat_map(|charge| &charge.unchecked);
        let unchecked = cost.unchecked.iter().chain(by_the_month).cloned().collect();
        let prices = format!("in {}, at prices of {}", data.prices.region, data.prices.date);
        Ok(Self {
            prices,
            rides,
            dollars_a_million,
            dollars_of_rides,
            fixed,
            dollars_fixed,
            metrics,
            dollars,
            unchecked,
        })
    }
}

/// The metrics of all functions. Their dimensions are service and function, so several sources of a function share them.
fn metrics(sources: &[Source]) -> f64 {
    let mut functions: BTreeMap<_, f64> = BTreeMap::new();
    for source in sources {
        let each = if source.kind == Kind::Stream { METRICS_OF_AN_OUTBOX } else { METRICS_OF_A_CONSUMER };
        let metrics = functions.entry((&source.service, &source.function)).or_default();
        *metrics = metrics.max(each * source.copies);
    }
    functions.into_values().sum()
}

fn fixed(data: &Data) -> Result<Vec<Charge>, Error> {
    let stage = &data.stage;
    let polls = |kind| MONTH / data.measured.assumed.seconds_of_a_poll * pollers(data, kind);
    let mut polling = charge(data, "sqs", "standard_requests", polls(Kind::Queue))?;
    let fifo = charge(data, "sqs", "fifo_requests", polls(Kind::Fifo))?;
    polling = Charge {
        what: "polls of empty queues".to_owned(),
        count: polling.count + fifo.count,
        dollars: polling.dollars + fifo.dollars,
        unchecked: [polling.unchecked, fifo.unchecked].concat(),
    };
    Ok(vec![
        charge(data, "cloudwatch", "alarm_metrics", stage.alarm_metrics)?,
        charge(data, "cloudwatch", "dashboards", stage.dashboards)?,
        charge(data, "kms", "keys", stage.keys)?,
        polling,
    ])
}

fn pollers(data: &Data, kind: Kind) -> f64 {
    let queues = data.stage.sources.iter().filter(|source| source.kind == kind);
    queues.map(|source| source.copies).sum::<f64>() * data.measured.assumed.pollers_of_a_queue
}

/// A charge at its price, by the month or by the request.
pub(super) fn charge(data: &Data, service: &str, kind: &str, count: f64) -> Result<Charge, Error> {
    let find = |prices: &BTreeMap<String, BTreeMap<String, cost::prices::Price>>| {
        let price = prices.get(service)?.get(kind)?;
        let unchecked = price.checked.is_none().then(|| format!("{service}.{kind}"));
        Some(Charge {
            what: price.what.clone(),
            count,
            dollars: price.usd.to_f64()? * count / price.per.to_f64()?,
            unchecked: unchecked.into_iter().collect(),
        })
    };
    let found = find(&data.prices.monthly).or_else(|| find(&data.prices.by_service));
    found.ok_or_else(|| Error::Unexpected(format!("there is no price of {service}.{kind}")))
}
