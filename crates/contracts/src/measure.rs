//! Distances and durations of rides.

use std::fmt;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::decimal::{self, DecimalError};

/// The reason why a text is not a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MeasureError {
    /// The text is not a decimal, or it is out of range.
    #[error(transparent)]
    Decimal(#[from] DecimalError),
    /// The text is a fraction of a minute.
    #[error("must be a whole number of minutes")]
    NotWhole,
}

/// Kilometres, 0 to 100,000, exact to the metre. In JSON a string, like every decimal here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Distance(Decimal);

impl Distance {
    /// Reads kilometres as JSON writes numbers.
    pub fn parse(text: &str) -> Result<Self, MeasureError> {
        Ok(Self(decimal::parse(text, 3, 100_000)?))
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Distance {
    type Error = MeasureError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Distance> for String {
    fn from(distance: Distance) -> Self {
        distance.to_string()
    }
}

/// Whole minutes, 0 to 100,000 (some ten weeks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Duration(u32);

const MAX_MINUTES: u32 = 100_000;

impl Duration {
    /// Reads minutes as JSON writes numbers.
    pub fn parse(text: &str) -> Result<Self, MeasureError> {
        match decimal::parse(text, 0, MAX_MINUTES) {
            Ok(minutes) => minutes.to_u32().map(Self).ok_or(MeasureError::NotWhole),
            Err(DecimalError::TooPrecise(_)) => Err(MeasureError::NotWhole),
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u32> for Duration {
    type Error = MeasureError;
    fn try_from(minutes: u32) -> Result<Self, Self::Error> {
        if minutes > MAX_MINUTES {
            Err(DecimalError::TooLarge(MAX_MINUTES).into())
        } else {
            Ok(Self(minutes))
        }
    }
}

impl From<Duration> for u32 {
    fn from(duration: Duration) -> Self {
        duration.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_exact_to_the_metre() {
        assert_eq!(Distance::parse("19.999").unwrap().to_string(), "19.999");
        assert_eq!(Distance::parse("600").unwrap().to_string(), "600");
        assert!(Distance::parse("19.9999").is_err());
        assert!(Distance::parse("100000.001").is_err());
        assert!(Distance::parse("-1").is_err());
    }

    #[test]
    fn durations_are_whole_minutes() {
        assert_eq!(Duration::parse("420").unwrap().to_string(), "420");
        assert_eq!(Duration::parse("4.2e2").unwrap().to_string(), "420");
        assert_eq!(Duration::parse("7.5"), Err(MeasureError::NotWhole));
        assert!(serde_json::from_str::<Duration>("100001").is_err());
        assert!(serde_json::from_str::<Duration>("-1").is_err());
    }
}
