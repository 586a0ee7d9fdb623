//! Customer Loyalty awards points for rides.

mod award_points;
mod points;

pub use award_points::AwardPoints;
pub use points::LoyaltyPoints;
