//! The load that a plan is for.

use client::Error;
use serde::Serialize;

use crate::faults::Faults;

/// The load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Load {
    /// Rides a second, on average.
    pub rides_per_second: f64,
    /// The prebookings of a campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<u64>,
    /// The kind of account.
    pub account: String,
}

/// More rides than all of the world's taxis make.
const MOST_RIDES: f64 = 1_000_000.0;
const MOST_BOOKINGS: u64 = 10_000_000_000;

impl Load {
    /// Reads a load, or reports everything that is wrong with it.
    pub fn parse(rides: &str, campaign: Option<&str>, account: &str) -> Result<Self, Error> {
        let mut faults = Faults::default();
        // Not a number is in no range.
        let number = rides.parse().ok().filter(|number| (f64::MIN_POSITIVE..=MOST_RIDES).contains(number));
        if number.is_none() {
            let fault = format!("must be a number above 0, and at most {MOST_RIDES}");
            faults.found("--rides-per-second", &fault);
        }
        let campaign = campaign.and_then(|text| faults.number("--campaign", text, MOST_BOOKINGS));
        let quotas = aws_quotas::Quotas::known().map_err(|error| Error::Unexpected(error.to_string()))?;
        if !quotas.profiles.contains_key(account) {
            let known: Vec<_> = quotas.profiles.into_keys().collect();
            faults.found("--account", &format!("must be one of {}", known.join(", ")));
        }
        faults.none().map_err(Error::Usage)?;
        let unread = || Error::Unexpected("an option without a value and without a fault".to_owned());
        Ok(Self { rides_per_second: number.ok_or_else(unread)?, campaign, account: account.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(rides: &str, campaign: Option<&str>, account: &str) -> String {
        Load::parse(rides, campaign, account).unwrap_err().to_string()
    }

    #[test]
    fn a_load_is_a_number_above_zero_and_may_have_a_campaign() {
        let load = Load::parse("0.5", Some("10000000"), "sandbox").unwrap();
        let expected =
            Load { rides_per_second: 0.5, campaign: Some(10_000_000), account: "sandbox".to_owned() };
        assert_eq!(load, expected);
        let thousand = Load { rides_per_second: 1000.0, campaign: None, account: "production".to_owned() };
        assert_eq!(Load::parse("1e3", None, "production").unwrap(), thousand);
    }

    #[test]
    fn a_load_that_makes_no_sense_is_refused() {
        for rides in ["0", "-1", "NaN", "inf", "1000001", "1e-320", "many", ""] {
            let said = fault(rides, None, "production");
            assert!(
                said.contains("--rides-per-second: must be a number above 0, and at most 1000000"),
                "{rides}: {said}"
            );
        }
        for bookings in ["0", "-1", "1.5", "10000000001", "NaN"] {
            let said = fault("1", Some(bookings), "production");
            assert!(
                said.contains("--campaign: must be a whole number from 1 to 10000000000"),
                "{bookings}: {said}"
            );
        }
    }

    #[test]
    fn all_faults_are_said_at_once() {
        let said = fault("x", Some("x"), "mine");
        let names = [
            "--rides-per-second",
            "--campaign",
            "--account: must be one of production, production-large, sandbox",
        ];
        assert!(names.iter().all(|name| said.contains(name)), "{said}");
    }
}
