//! The loyalty tiers, for display. Nothing stores a tier: it follows from the points, and a stored copy could disagree.

use std::fmt;

/// A customer's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// From 0 points.
    Foal,
    /// From 500 points.
    Pony,
    /// From 2,000 points.
    Unicorn,
}

impl Tier {
    /// The tier that these points reach.
    #[must_use]
    pub fn of_points(points: u64) -> Self {
        match points {
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
    fn tiers_begin_at_their_bounds() {
        for (points, tier) in [
            (0, Tier::Foal),
            (499, Tier::Foal),
            (500, Tier::Pony),
            (1999, Tier::Pony),
            (2000, Tier::Unicorn),
            (u64::MAX, Tier::Unicorn),
        ] {
            assert_eq!(Tier::of_points(points), tier, "{points}");
        }
    }
}
