//! Fare Collection collects the fare of each ride, or takes back every step.
//!
//! The saga is a state machine, `statemachines/fare-collection.asl.json`, and needs no function. Its last write says how a fare ended.
//! The table's stream, which misses no write, invokes `publish-fare-outcomes` (a transactional outbox).

// The futures within the test of bad input nest deeper than the compiler follows otherwise.
#![cfg_attr(test, recursion_limit = "256")]

#[cfg(test)]
mod bad_input;
mod publish_fare_outcomes;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use publish_fare_outcomes::PublishFareOutcomes;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "fare-collection");

const SOURCE: &str = "/wild-rydes/fare-collection";
