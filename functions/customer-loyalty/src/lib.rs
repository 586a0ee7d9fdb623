//! Customer Loyalty awards points for rides.

mod award_points;
#[cfg(test)]
mod hostile;
mod points;

pub use award_points::AwardPoints;
pub use points::LoyaltyPoints;
