//! The cost of a million rides on AWS, from the counts of a run and a table of prices.
//!
//! It includes the charges for requests, without free tier or discount. Monthly charges (alarms, metrics, keys, storage) don't depend on
//! rides, and are left out.

mod counts;
pub(crate) mod prices;

use std::path::Path;

use client::Error;
use rust_decimal::Decimal;
use serde::Serialize;

use self::{
    counts::{Counts, Run},
    prices::Prices,
};

/// The cost of a million rides.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    /// The region with these prices.
    pub region: String,
    /// The date on which the prices were looked up.
    pub date: String,
    /// The designs that are compared.
    pub designs: Vec<Design>,
    /// The charges of each service, by kind.
    pub components: Vec<Component>,
    /// The same by service.
    pub services: Vec<Component>,
    /// The sum.
    pub total: PerMillion,
    /// Prices in use that were not checked against a page of AWS.
    pub unchecked: Vec<String>,
}

/// One of the designs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Design {
    /// Its name.
    pub name: String,
    /// The run in which it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The number of rides of the run.
    pub rides: u64,
}

/// One kind of charge of a service, or the service as a whole.
#[derive(Debug, Clone, Serialize)]
pub struct Component {
    /// The service, as the table of prices names it.
    pub service: String,
    /// The kind of charge; none for the service as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The units that each design needs for a ride.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "numbers")]
    pub per_ride: Vec<Decimal>,
    /// The cost.
    #[serde(flatten)]
    pub cost: PerMillion,
}

/// A cost for a million rides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PerMillion {
    /// In dollars, for each design.
    #[serde(serialize_with = "numbers")]
    pub dollars: Vec<Decimal>,
    /// The cost of each other design as a multiple of the first; `None` if the first costs nothing.
    #[serde(serialize_with = "ratios")]
    pub ratios: Vec<Option<Decimal>>,
}

impl PerMillion {
    fn of(dollars: Vec<Decimal>) -> Self {
        let ratios = match dollars.as_slice() {
            [first, others @ ..] => {
                others.iter().map(|other| Some(other.checked_div(*first)?.round_dp(3))).collect()
            }
            [] => Vec::new(),
        };
        Self { dollars, ratios }
    }
}

/// Reads both files and calculates.
pub fn from_files(counts: &Path, prices: Option<&Path>) -> Result<Cost, Error> {
    let prices = match prices {
        Some(file) => Prices::read(&read(file)?, &file.display().to_string())?,
        None => Prices::known()?,
    };
    from_counts(&read(counts)?, &counts.display().to_string(), &prices)
}

/// Calculates with the counts in a text.
pub(crate) fn from_counts(counts: &str, name: &str, prices: &Prices) -> Result<Cost, Error> {
    calculate(&Counts::read(counts, name, prices)?, prices)
}

fn read(file: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(file);
    text.map_err(|error| Error::Usage(format!("{} can't be read: {error}", file.display())))
}

const MILLION: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

fn calculate(counts: &Counts, prices: &Prices) -> Result<Cost, Error> {
    let (mut components, mut services, mut unchecked) = (Vec::new(), Vec::new(), Vec::new());
    let mut total = vec![Decimal::ZERO; counts.designs.len()];
    for (service, of_service) in &prices.by_service {
        let mut together = vec![Decimal::ZERO; counts.designs.len()];
        for (kind, price) in of_service {
            let count = |run: &Run| run.count(service, kind);
            if counts.designs.iter().all(|run| count(run).is_zero()) {
                continue;
            }
            let mut dollars = Vec::new();
            for (run, together) in counts.designs.iter().zip(&mut together) {
                let of_run = dollars_per_million(count(run), run.rides, price.usd, price.per);
                let of_run = of_run.ok_or_else(|| {
                    Error::Usage(format!("{}, {service}.{kind}: too much to calculate with", run.name))
                })?;
                *together += of_run;
                dollars.push(of_run);
            }
            let per_ride = |run: &Run| (count(run) / Decimal::from(run.rides)).round_dp(9).normalize();
            if price.checked.is_none() {
                unchecked.push(format!("{service}.{kind}"));
            }
            components.push(Component {
                service: service.clone(),
                what: Some(price.what.clone()),
                per_ride: counts.designs.iter().map(per_ride).collect(),
                cost: PerMillion::of(dollars),
            });
        }
        if components.iter().any(|component| component.service == *service) {
            for (total, together) in total.iter_mut().zip(&together) {
                *total += together;
            }
            let cost = PerMillion::of(together);
            services.push(Component { service: service.clone(), what: None, per_ride: Vec::new(), cost });
        }
    }
    let design = |run: &Run| Design { name: run.name.clone(), run: run.about.clone(), rides: run.rides };
    Ok(Cost {
        region: prices.region.clone(),
        date: prices.date.clone(),
        designs: counts.designs.iter().map(design).collect(),
        components,
        services,
        total: PerMillion::of(total),
        unchecked,
    })
}

/// The cost, to a millionth of a dollar; `None` if it is more than a decimal can hold.
fn dollars_per_million(count: Decimal, rides: u64, usd: Decimal, per: u64) -> Option<Decimal> {
    let paid = count.checked_mul(usd)?.checked_mul(MILLION)?;
    let dollars = paid.checked_div(Decimal::from(rides).checked_mul(per.into())?)?;
    Some(dollars.round_dp(6).normalize())
}

struct Number<'a>(&'a Decimal);

impl Serialize for Number<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::decimal::as_number(self.0, serializer)
    }
}

fn numbers<S: serde::Serializer>(values: &[Decimal], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(Number))
}

fn ratios<S: serde::Serializer>(values: &[Option<Decimal>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|ratio| ratio.as_ref().map(Number)))
}

#[cfg(test)]
mod tests;
