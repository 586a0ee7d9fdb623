//! The reward of a ride.

use std::fmt;

use contracts::Money;

/// Loyalty points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Points(pub u64);

impl Points {
    /// One point per whole currency unit of the fare.
    #[must_use]
    pub fn for_fare(fare: Money) -> Self {
        Self(fare.whole_units())
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_per_whole_unit() {
        for (fare, points) in [("0.99", 0), ("1.00", 1), ("256.50", 256), ("1000000", 1_000_000)] {
            assert_eq!(Points::for_fare(Money::parse(fare).unwrap()), Points(points), "{fare}");
        }
    }
}
