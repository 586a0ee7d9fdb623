//! A herd of unicorns answers when quotes are asked for: each herd is a deployment of this service with its own prices.

#[cfg(test)]
mod bad_input;
mod price_list;
mod quote_instant_ride;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use price_list::{PriceList, RawPriceList};
pub use quote_instant_ride::QuoteInstantRide;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "herd");

/// Herds began as a part of Unicorn Management, and a published source stays as it is.
const SOURCE: &str = "/wild-rydes/unicorn-management";
