//! A campaign of prebookings: how fast it is accepted, and how long its queues take to drain.

use client::Error;
use serde::Serialize;

use super::{
    bill::{Charge, charge},
    data::{Data, Kind, Source},
    pace,
};

const SUBMIT: &str = "POST /submit-ride-prebooking";
/// The hour in which a campaign should be decided.
const HOUR: f64 = 3600.0;
/// The lines of a batch: the functions' batches are full while there is a backlog.
const RECEIVED_AT_ONCE: f64 = 10.0;

/// A campaign.
#[derive(Debug, Clone, Serialize)]
pub struct Campaign {
    /// Its prebookings.
    pub bookings: u64,
    /// The requests a second that are accepted; more are answered with 429.
    pub accepted_per_second: f64,
    /// The time until all of them are accepted.
    pub accepted_in_seconds: f64,
    /// The prebookings a second that SNS takes from the account.
    pub published_per_second: f64,
    /// The queues that it goes through.
    pub stages: Vec<Stage>,
    /// From the first request until the last is decided, at the defaults.
    pub decided_in_seconds: f64,
    /// The price, as the design has it, with full batches. Logs are left out.
    pub dollars: f64,
    /// Its prices that were not checked against a page, as service and kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchecked: Vec<String>,
}

/// A queue of a campaign.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    /// The function.
    pub function: String,
    /// The parameter that bounds it.
    pub parameter: String,
    /// Its default.
    pub default: f64,
    /// The prebookings a second that it handles at the default.
    pub per_second: f64,
    /// The parameter's value with which the campaign takes an hour.
    pub for_an_hour: f64,
}

impl Campaign {
    pub(super) fn new(data: &Data, bookings: u64, account: &str) -> Result<Self, Error> {
        #[expect(clippy::cast_precision_loss, reason = "it is at most ten thousand million")]
        let number = bookings as f64;
        let rate = |quota| Ok::<_, Error>(data.quota(quota)?.rate(account).rate);
        let published_per_second = rate("sns-publish")?;
        let accepted_per_second = data.method(SUBMIT)?.rate.min(rate("api-requests")?);
        let accepted_in_seconds = number / accepted_per_second;
        let stages: Vec<_> = queues(data).filter_map(|source| stage(data, source, number)).collect();
        let slowest = stages.iter().map(|stage| stage.per_second).fold(published_per_second, f64::min);
        let charges = charges(data, number)?;
        Ok(Self {
            bookings,
            accepted_per_second,
            accepted_in_seconds,
            published_per_second,
            decided_in_seconds: accepted_in_seconds.max(number / slowest),
            dollars: charges.iter().map(|charge| charge.dollars).sum(),
            unchecked: charges.into_iter().flat_map(|charge| charge.unchecked).collect(),
            stages,
        })
    }
}

/// The queues that a campaign goes through.
fn queues(data: &Data) -> impl Iterator<Item = &Source> {
    let sources = data.stage.sources.iter();
    sources.filter(|source| source.kind == Kind::Queue && pace::is_for_campaigns(data, source))
}

fn stage(data: &Data, source: &Source, bookings: f64) -> Option<Stage> {
    let (parameter, default) = (source.parameter.as_ref()?, source.default?);
    let function = data.function(&source.function);
    let seconds = pace::seconds(data, &function, source.memory, source.batch);
    Some(Stage {
        function: source.function.clone(),
        parameter: format!("{}:{parameter}", source.service),
        default,
        per_second: default * source.batch / seconds,
        for_an_hour: (bookings / HOUR / source.batch * seconds).ceil().max(default),
    })
}

/// One request; the queue's message; for each queue a receive and a delete of ten; a tenth of a publish; one write to store the
/// booking and one to decide it; and the functions.
fn charges(data: &Data, bookings: f64) -> Result<Vec<Charge>, Error> {
    let requests = queues(data).map(|_| 2.0 / RECEIVED_AT_ONCE).sum::<f64>();
    let invocations = queues(data).map(|source| 1.0 / source.batch).sum::<f64>();
    let gb_seconds = queues(data).map(|source| {
        let seconds = pace::seconds(data, &data.function(&source.function), source.memory, source.batch);
        seconds / source.batch * source.memory / 1024.0
    });
    let counts = [
        ("api_gateway", "rest_requests", 1.0),
        ("sqs", "standard_requests", 1.0 + requests),
        ("sns", "publishes", 1.0 / RECEIVED_AT_ONCE),
        ("dynamodb", "write_request_units", 2.0),
        ("lambda", "requests", invocations),
        ("lambda", "gb_seconds_x86_64", gb_seconds.sum()),
    ];
    counts.into_iter().map(|(service, kind, each)| charge(data, service, kind, each * bookings)).collect()
}
