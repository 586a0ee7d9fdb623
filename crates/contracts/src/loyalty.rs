//! Points for rides, and what they add up to.

use std::fmt;

use crate::Money;

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

/// A customer's standing. It follows from the points, so nothing stores it: a stored copy could disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Where everyone starts.
    Foal,
    /// From 500 points.
    Pony,
    /// From 2,000 points.
    Unicorn,
}

impl Tier {
    /// The tier that these points reach.
    #[must_use]
    pub fn of(points: Points) -> Self {
        match points.0 {
            0..500 => Self::Foal,
            500..2000 => Self::Pony,
            2000.. => Self::Unicorn,
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Foal => "Foal",
            Self::Pony => "Pony",
            Self::Unicorn => "Unicorn",
        })
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

    #[test]
    fn tiers_begin_at_their_bounds() {
        for (points, tier) in [
            (0, Tier::Foal),
            (499, Tier::Foal),
            (500, Tier::Pony),
            (1999, Tier::Pony),
            (2000, Tier::Unicorn),
            (u64::MAX, Tier::Unicorn),
        ] {
            assert_eq!(Tier::of(Points(points)), tier, "{points}");
        }
    }
}
