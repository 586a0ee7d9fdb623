//! The data that a plan is calculated from.

use std::collections::BTreeMap;

use aws_quotas::{Quota, Quotas};
use client::Error;
use serde::Deserialize;

use crate::cost::prices::Prices;

/// The stage, what was measured, what a ride takes, quotas and prices.
pub(super) struct Data {
    pub stage: Stage,
    pub measured: Measured,
    pub demands: Vec<Demand>,
    pub quotas: Quotas,
    pub prices: Prices,
}

impl Data {
    pub fn known() -> Result<Self, Error> {
        let demands: Demands = read("demands.json", include_str!("../../scale/demands.json"))?;
        Ok(Self {
            stage: read("stage.json", include_str!("../../scale/stage.json"))?,
            measured: read("measured.json", include_str!("../../scale/measured.json"))?,
            demands: demands.demands,
            quotas: Quotas::known().map_err(|error| Error::Unexpected(format!("quotas.json: {error}")))?,
            prices: Prices::known()?,
        })
    }

    /// The quota of this id.
    pub fn quota(&self, id: &str) -> Result<&Quota, Error> {
        self.quotas.get(id).ok_or_else(|| Error::Unexpected(format!("there is no quota {id}")))
    }

    /// The method of one of our APIs.
    pub fn method(&self, call: &str) -> Result<&Method, Error> {
        let method = self.stage.methods.iter().find(|method| method.call == call);
        method.ok_or_else(|| Error::Unexpected(format!("stage.json has no method {call}")))
    }

    /// The write units that a ride takes of this table.
    pub fn write_units_a_ride(&self, table: &str) -> Result<f64, Error> {
        let units = self.measured.write_units_a_ride.get(table).copied();
        units.ok_or_else(|| Error::Unexpected(format!("measured.json has no write units of {table}")))
    }

    /// The write units that a ride takes of the busiest table.
    pub fn most_write_units_a_ride(&self) -> Result<f64, Error> {
        let most = self.measured.write_units_a_ride.values().copied().reduce(f64::max);
        most.ok_or_else(|| Error::Unexpected("measured.json has no write units of any table".to_owned()))
    }

    /// The measured function; one that was not measured takes no part in a ride.
    pub fn function(&self, name: &str) -> Function {
        self.measured.functions.get(name).cloned().unwrap_or_default()
    }
}

fn read<'a, T: Deserialize<'a>>(name: &str, text: &'a str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Unexpected(format!("{name}: {error}")))
}

/// The resources of a stage, counted in the templates by `make scale`.
#[derive(Deserialize)]
pub(super) struct Stage {
    pub alarm_metrics: f64,
    pub dashboards: f64,
    pub keys: f64,
    pub sources: Vec<Source>,
    pub others: Vec<Other>,
    pub methods: Vec<Method>,
}

/// A queue or a stream, and the function that takes from it.
#[derive(Deserialize)]
pub(super) struct Source {
    pub function: String,
    pub service: String,
    /// Its name among the function's events.
    #[serde(rename = "source")]
    pub name: String,
    pub kind: Kind,
    pub memory: f64,
    pub batch: f64,
    pub parameter: Option<String>,
    pub default: Option<f64>,
    pub copies: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Queue,
    Fifo,
    Stream,
}

/// A function that an API or the saga invokes.
#[derive(Deserialize)]
pub(super) struct Other {
    pub function: String,
    pub memory: f64,
}

#[derive(Deserialize)]
pub(super) struct Method {
    #[serde(rename = "method")]
    pub call: String,
    pub parameter: Option<String>,
    pub rate: f64,
    pub burst: f64,
}

/// Results of the benchmarks, and assumptions where there are none.
#[derive(Deserialize)]
pub(super) struct Measured {
    pub assumed: Assumed,
    pub collection_seconds: f64,
    pub functions: BTreeMap<String, Function>,
    pub write_units_a_ride: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
pub(super) struct Assumed {
    pub call_milliseconds: f64,
    /// The multiple of the need that is planned for, so that a backlog drains.
    pub headroom: f64,
    pub pollers_of_a_queue: f64,
    pub seconds_of_a_poll: f64,
    pub megabytes_of_a_processor: f64,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct Function {
    pub cpu_micros: f64,
    pub calls: f64,
    pub messages_an_invocation: Option<f64>,
    #[serde(default)]
    pub a_ride: f64,
    #[serde(default)]
    pub a_prebooking: f64,
}

#[derive(Deserialize)]
struct Demands {
    demands: Vec<Demand>,
}

/// The use of a quota by one ride.
#[derive(Deserialize)]
pub(super) struct Demand {
    pub quota: String,
    pub a_ride: Amount,
    pub because: String,
    pub answer: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Amount {
    Number(f64),
    Calculated(Calculated),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Calculated {
    /// Functions at a time.
    Concurrency,
    /// Batches of the busiest queue at a time.
    Mapping,
    /// Write units of the busiest table.
    Writes,
    /// Collections that run.
    Collections,
}
