//! Customer Loyalty awards points for rides.

mod award_points;
#[cfg(test)]
mod bad_input;
mod points;

pub use award_points::AwardPoints;
pub use points::LoyaltyPoints;
