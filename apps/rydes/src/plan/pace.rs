//! The functions that a load keeps busy, and the parameters that follow.

use client::Error;
use serde::Serialize;

use super::data::{Data, Function, Kind, Source};

/// The most that `MaximumConcurrency` can be.
const MOST_BATCHES: f64 = 1000.0;
/// A partition of a table takes this many writes a second, and has a shard in the table's stream.
const UNITS_OF_A_PARTITION: &str = "dynamodb-partition-write";

/// The parts that work at the same time.
#[derive(Debug, Clone, Serialize)]
pub struct Pace {
    /// Functions at a time, all together.
    pub functions_at_a_time: f64,
    /// The queues.
    pub consumers: Vec<Consumer>,
    /// The streams.
    pub streams: Vec<Shards>,
}

/// A queue's function.
#[derive(Debug, Clone, Serialize)]
pub struct Consumer {
    /// The function.
    pub function: String,
    /// The parameter that bounds it, as `make deploy` takes it.
    pub parameter: String,
    /// Its messages a second.
    pub messages_per_second: f64,
    /// The batches at a time that they take.
    pub needs: f64,
    /// The parameter's default.
    pub default: f64,
    /// The parameter's value for this load.
    pub value: f64,
    /// The queues that share the load, because one has at most 1,000 batches at a time.
    pub queues: f64,
}

/// A stream's function.
#[derive(Debug, Clone, Serialize)]
pub struct Shards {
    /// The function.
    pub function: String,
    /// The shards, each read by one function at a time.
    pub shards: f64,
}

impl Pace {
    pub(super) fn new(data: &Data, rides: f64) -> Result<Self, Error> {
        let busy = || data.stage.sources.iter().filter(|source| data.function(&source.function).a_ride > 0.0);
        // Prebookings have a queue of their own at the lake. Rides come through its other one.
        let queues = busy().filter(|source| source.kind != Kind::Stream && !is_for_campaigns(data, source));
        let consumers = queues.filter_map(|source| consumer(data, source, rides)).collect();
        let streams = busy().filter(|source| source.kind == Kind::Stream);
        let streams = streams.map(|source| shards(data, source, rides)).collect::<Result<_, _>>()?;
        Ok(Self { functions_at_a_time: concurrency(data, rides), consumers, streams })
    }
}

/// The functions at a time that all rides take.
pub(super) fn concurrency(data: &Data, rides: f64) -> f64 {
    let sources = data.stage.sources.iter().filter(|source| !is_for_campaigns(data, source));
    let of_sources: f64 = sources.map(|source| needs(data, source, rides)).sum();
    let of_others = data.stage.others.iter().map(|other| {
        let function = data.function(&other.function);
        rides * function.a_ride * seconds(data, &function, other.memory, 1.0)
    });
    of_sources + of_others.sum::<f64>()
}

/// The batches at a time of the busiest queue.
pub(super) fn busiest(data: &Data, rides: f64) -> f64 {
    let sources = data.stage.sources.iter().filter(|source| source.kind != Kind::Stream);
    let sources = sources.filter(|source| !is_for_campaigns(data, source));
    sources.map(|source| needs(data, source, rides)).fold(0.0, f64::max)
}

/// The batches at a time that the messages of so many rides take.
fn needs(data: &Data, source: &Source, rides: f64) -> f64 {
    let function = data.function(&source.function);
    let batch = function.messages_an_invocation.map_or(source.batch, |measured| measured.min(source.batch));
    rides * function.a_ride / batch * seconds(data, &function, source.memory, batch)
}

/// The duration of a function for a batch. Its messages wait for AWS side by side, and share a part of a processor.
pub(super) fn seconds(data: &Data, function: &Function, memory: f64, batch: f64) -> f64 {
    let assumed = &data.measured.assumed;
    let share = (memory / assumed.megabytes_of_a_processor).min(1.0);
    let waits = function.calls * assumed.call_milliseconds / 1e3;
    waits + batch * function.cpu_micros / 1e6 / share
}

/// True for the second queue of a function that takes both, which has prebookings only.
pub(super) fn is_for_campaigns(data: &Data, source: &Source) -> bool {
    let function = data.function(&source.function);
    function.a_prebooking > 0.0 && (function.a_ride == 0.0 || source.name.starts_with("Prebooking"))
}

fn consumer(data: &Data, source: &Source, rides: f64) -> Option<Consumer> {
    let (parameter, default) = (source.parameter.as_ref()?, source.default?);
    let needs = needs(data, source, rides);
    let wanted = (needs * data.measured.assumed.headroom).ceil().max(default);
    let queues = (wanted / MOST_BATCHES).ceil();
    Some(Consumer {
        function: source.function.clone(),
        parameter: format!("{}:{parameter}", source.service),
        messages_per_second: rides * data.function(&source.function).a_ride,
        needs,
        default,
        value: (wanted / queues).ceil(),
        queues,
    })
}

fn shards(data: &Data, source: &Source, rides: f64) -> Result<Shards, Error> {
    let units = data.write_units_a_ride(&source.name)?;
    let of_a_partition = data.quota(UNITS_OF_A_PARTITION)?.rate("any").rate;
    let shards = (rides * units / of_a_partition).ceil().max(1.0);
    let shards = shards.max(needs(data, source, rides).ceil());
    Ok(Shards { function: source.function.clone(), shards })
}
