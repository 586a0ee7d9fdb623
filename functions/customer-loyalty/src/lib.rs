//! Customer Loyalty awards points for rides.

mod award_points;
#[cfg(test)]
mod bad_input;
mod points;
mod reward;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use award_points::AwardPoints;
pub use points::LoyaltyPoints;
pub use reward::Points;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "customer-loyalty");
