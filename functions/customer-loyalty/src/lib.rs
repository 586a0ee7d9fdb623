//! Customer Loyalty awards points for rides.

mod award_points;
#[cfg(test)]
mod bad_input;
mod points;
mod reward;

pub use award_points::AwardPoints;
pub use points::LoyaltyPoints;
pub use reward::Points;
