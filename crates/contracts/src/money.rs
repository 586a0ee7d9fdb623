//! Amounts in the deployment's one currency.

use std::{fmt, iter::Sum};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::decimal::{self, DecimalError};

/// An amount of 0 to 1,000,000 with at most two decimal places, held as an exact decimal.
///
/// It is written with both places (`256.50`), and as a string in JSON, so that no reader turns it into binary floating point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money(Decimal);

const PLACES: u32 = 2;
const MAX: u32 = 1_000_000;

/// The reason why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct MoneyError(#[from] DecimalError);

impl Money {
    /// Reads an amount as JSON writes numbers.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let mut amount = decimal::parse(text, PLACES, MAX)?;
        amount.rescale(PLACES);
        Ok(Self(amount))
    }

    /// The amount times a factor, rounded to hundredths, halves up.
    #[must_use]
    pub fn times(self, factor: Decimal) -> Self {
        let product =
            (self.0 * factor).round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero);
        let mut product = product.min(Decimal::from(MAX));
        product.rescale(PLACES);
        Self(product)
    }

    /// The whole currency units in this amount: 256 of 256.50.
    #[must_use]
    pub fn whole_units(self) -> u64 {
        u64::try_from(self.0.trunc().mantissa()).unwrap_or_default()
    }

    /// The amount in hundredths of the currency unit: 25650 of 256.50.
    #[must_use]
    pub fn minor_units(self) -> u64 {
        // The amount always has two places, so the mantissa counts hundredths.
        u64::try_from(self.0.mantissa()).unwrap_or_default()
    }
}

/// A sum is exact, and may exceed the maximum of a single amount.
impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        let mut total: Decimal = amounts.map(|Self(amount)| amount).sum();
        total.rescale(PLACES);
        Self(total)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Money {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Money> for String {
    fn from(amount: Money) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(cents: u64) -> Money {
        Money::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap()
    }

    #[test]
    fn is_always_written_with_two_places() {
        for (text, written) in [("256.5", "256.50"), ("0", "0.00"), ("1e2", "100.00"), ("7.10", "7.10")] {
            assert_eq!(Money::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn json_can_not_skip_the_rules() {
        assert!(serde_json::from_str::<Money>(r#""-1""#).is_err());
        assert!(serde_json::from_str::<Money>(r#""0.001""#).is_err());
        assert!(
            serde_json::from_str::<Money>("1.5").is_err(),
            "a JSON number has been through a float somewhere"
        );
        assert_eq!(serde_json::to_string(&money(150)).unwrap(), r#""1.50""#);
    }

    proptest! {
        #[test]
        fn sums_of_a_thousand_fares_are_exact(cents in prop::collection::vec(0..=100_000_000_u64, 1000)) {
            let total: Money = cents.iter().copied().map(money).sum();
            let expected: u64 = cents.iter().sum();
            prop_assert_eq!(total.to_string(), format!("{}.{:02}", expected / 100, expected % 100));
        }

        #[test]
        fn survives_a_round_trip_through_text_and_json(cents in 0..=100_000_000_u64) {
            let amount = money(cents);
            prop_assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), amount);
        }

        #[test]
        fn whole_units_round_down(cents in 0..=100_000_000_u64) {
            prop_assert_eq!(money(cents).whole_units(), cents / 100);
        }

        #[test]
        fn minor_units_are_exact(cents in 0..=100_000_000_u64) {
            prop_assert_eq!(money(cents).minor_units(), cents);
        }

        #[test]
        fn any_text_is_read_or_refused_but_never_panics(text in ".{0,60}") {
            let _ = Money::parse(&text);
        }
    }
}
