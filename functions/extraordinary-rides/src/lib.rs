//! Extraordinary Rides features the rides worth telling about: those whose fare and distance pass its filter.
//!
//! The filter is a policy on this service's own subscription, so ordinary rides don't reach its queue, except for some minutes after
//! a change of the filter. So the receiver compares once more.

#[cfg(test)]
mod bad_input;
mod feature_ride;
mod featured;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use feature_ride::{Bounds, FeatureRide};
pub use featured::FeaturedRides;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "extraordinary-rides");
