//! A herd of unicorns answers when quotes are asked for: each herd is a deployment of this service with its own prices.

#[cfg(test)]
mod bad_input;
mod price_list;
mod quote_instant_ride;

pub use price_list::{PriceList, RawPriceList};
pub use quote_instant_ride::QuoteInstantRide;

/// Herds began as a part of Unicorn Management, and a published source stays as it is.
const SOURCE: &str = "/wild-rydes/unicorn-management";
