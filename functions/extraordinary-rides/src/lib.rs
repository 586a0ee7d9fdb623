//! Extraordinary Rides features the rides worth telling about: those whose fare and distance pass its filter.
//!
//! The filter is a policy on this service's own subscription, so ordinary rides never reach its queue and no code
//! here compares a fare.

mod feature_ride;
mod featured;
#[cfg(test)]
mod hostile;

pub use feature_ride::FeatureRide;
pub use featured::FeaturedRides;
