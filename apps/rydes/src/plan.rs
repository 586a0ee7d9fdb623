//! A plan for a load on AWS: quotas to raise, parameters to change, and the price of a month.
//!
//! Everything is calculated from data: what a stage has (counted in the templates), what a ride takes (measured and counted by the
//! benchmarks), AWS's quotas and its prices. The assumptions beside it are in `scale/measured.json`.

#![expect(clippy::float_arithmetic, reason = "a plan is an estimate, and moves no money")]

mod bill;
mod campaign;
mod data;
mod limits;
mod load;
mod pace;

use std::collections::BTreeSet;

use client::Error;
use serde::Serialize;

use self::data::Data;
pub use self::{
    bill::{Bill, Charge},
    campaign::Campaign,
    limits::{Limit, MethodLimit},
    load::Load,
    pace::Pace,
};

/// The plan for a load.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The load.
    pub load: Load,
    /// The quotas, in the order in which a growing load reaches them.
    pub limits: Vec<Limit>,
    /// The limits of our own that bound requests.
    pub methods: Vec<MethodLimit>,
    /// The functions that take from queues, streams and callers, and the parameters that follow.
    pub pace: Pace,
    /// The campaign, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
    /// The price of a month.
    pub bill: Bill,
}

impl Plan {
    /// The quota that a growing load reaches first.
    pub fn first_limit(&self) -> Option<&Limit> {
        self.limits.first()
    }

    /// The quotas that have to be raised.
    pub fn to_raise(&self) -> impl Iterator<Item = &Limit> {
        self.limits.iter().filter(|limit| limit.raise_to.is_some())
    }

    /// The prices in use that were not checked against a page, each once.
    pub fn unchecked_prices(&self) -> BTreeSet<&str> {
        let of_campaign = self.campaign.iter().flat_map(|campaign| &campaign.unchecked);
        self.bill.unchecked.iter().chain(of_campaign).map(String::as_str).collect()
    }
}

/// Calculates the plan.
pub fn for_load(load: &Load) -> Result<Plan, Error> {
    let data = Data::known()?;
    let pace = Pace::new(&data, load.rides_per_second)?;
    Ok(Plan {
        load: load.clone(),
        limits: limits::limits(&data, load)?,
        methods: limits::methods(&data, load.rides_per_second)?,
        campaign: load.campaign.map(|bookings| Campaign::new(&data, bookings, &load.account)).transpose()?,
        bill: Bill::new(&data, load.rides_per_second)?,
        pace,
    })
}

#[cfg(test)]
mod tests;
