//! AWS's quotas beside what a load takes of them.

use client::Error;
use serde::Serialize;

use super::{
    data::{Amount, Calculated, Data},
    load::Load,
    pace,
};

/// A quota, and what the load takes.
#[derive(Debug, Clone, Serialize)]
pub struct Limit {
    /// The quota's id in `crates/aws-quotas`.
    pub quota: String,
    /// The same in words.
    pub name: String,
    /// The unit of the numbers.
    pub unit: String,
    /// The account's quota.
    pub has: f64,
    /// The load's use of the quota.
    pub needs: f64,
    /// The rides a second that use up the quota.
    pub reached_at: f64,
    /// The quota to request from AWS, if the account's is too small and AWS raises it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raise_to: Option<f64>,
    /// False if AWS doesn't raise it on request.
    pub adjustable: bool,
    /// Why a ride takes it.
    pub because: String,
    /// The design's answer when the quota is reached.
    pub answer: String,
    /// AWS's page, and when it was looked up.
    pub source: String,
    /// The date of that.
    pub date: String,
    /// The regions that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Limit {
    /// True if the load takes more than the account has.
    pub fn is_exceeded(&self) -> bool {
        self.needs > self.has
    }
}

/// A limit that a method of our APIs has.
#[derive(Debug, Clone, Serialize)]
pub struct MethodLimit {
    /// The method.
    pub method: String,
    /// The parameter that sets its rate, as `make deploy` takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// The requests a second that it takes.
    pub rate: f64,
    /// The requests that it takes at once.
    pub burst: f64,
    /// The rate for this load, if that is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raise_to: Option<f64>,
}

const RIDES: &str = "POST /submit-ride-completion";

pub(super) fn limits(data: &Data, load: &Load) -> Result<Vec<Limit>, Error> {
    let mut limits = Vec::new();
    for demand in &data.demands {
        let quota = data.quota(&demand.quota)?;
        let (rides, has) = (load.rides_per_second, quota.rate(&load.account).rate);
        let needs = amount(data, &demand.a_ride, rides)?;
        limits.push(Limit {
            quota: quota.id.clone(),
            name: quota.name.clone(),
            unit: quota.unit.clone(),
            has,
            needs,
            // Every amount grows with the rides.
            reached_at: rides * has / needs,
            raise_to: (quota.adjustable && needs > has).then(|| with_headroom(data, needs)),
            adjustable: quota.adjustable,
            because: demand.because.clone(),
            answer: demand.answer.clone(),
            source: quota.source.clone(),
            date: quota.date.clone(),
            note: quota.note.clone(),
        });
    }
    limits.sort_by(|a, b| a.reached_at.total_cmp(&b.reached_at));
    Ok(limits)
}

fn amount(data: &Data, a_ride: &Amount, rides: f64) -> Result<f64, Error> {
    Ok(match a_ride {
        Amount::Number(number) => rides * number,
        Amount::Calculated(Calculated::Concurrency) => pace::concurrency(data, rides),
        Amount::Calculated(Calculated::Mapping) => pace::busiest(data, rides),
        Amount::Calculated(Calculated::Collections) => rides * data.measured.collection_seconds,
        Amount::Calculated(Calculated::Writes) => rides * data.most_write_units_a_ride()?,
    })
}

fn with_headroom(data: &Data, needs: f64) -> f64 {
    two_digits(needs * data.measured.assumed.headroom)
}

/// Rounded up to two digits, as one asks for quotas.
fn two_digits(number: f64) -> f64 {
    let unit = 10_f64.powf((number.log10().floor() - 1.0).max(0.0));
    (number / unit).ceil() * unit
}

/// The methods that rides come through, with the rate that they need.
pub(super) fn methods(data: &Data, rides: f64) -> Result<Vec<MethodLimit>, Error> {
    let method = data.method(RIDES)?;
    Ok(vec![MethodLimit {
        method: method.call.clone(),
        parameter: method.parameter.clone(),
        rate: method.rate,
        burst: method.burst,
        raise_to: (rides > method.rate).then(|| with_headroom(data, rides)),
    }])
}
