//! A completed ride, as it is reported and once it is known to be sound.

use crate::{
    CustomerId, Distance, Duration, Faults, Money, Place, RawFields,
    raw::{number, refuse_unknown, text},
};

/// A ride completion that keeps every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RideCompletion {
    /// Where it started.
    pub from: Place,
    /// Where it ended.
    pub to: Place,
    /// How long it took.
    pub duration: Duration,
    /// How far it went.
    pub distance: Distance,
    /// Who rode.
    pub customer: CustomerId,
    /// What it costs.
    pub fare: Money,
}

const FIELDS: [&str; 6] = ["from", "to", "duration", "distance", "customer", "fare"];

impl RideCompletion {
    /// Checks a reported ride and names everything that is wrong with it.
    pub fn parse(raw: &RawFields) -> Result<Self, Faults> {
        let mut faults = Faults::none();
        refuse_unknown(&mut faults, raw, &FIELDS);
        let from = text(&mut faults, raw, "from", Place::parse);
        let to = text(&mut faults, raw, "to", Place::parse);
        let duration = number(&mut faults, raw, "duration", Duration::parse);
        let distance = number(&mut faults, raw, "distance", Distance::parse);
        let customer = text(&mut faults, raw, "customer", CustomerId::parse);
        let fare = number(&mut faults, raw, "fare", Money::parse);
        match (from, to, duration, distance, customer, fare) {
            (Some(from), Some(to), Some(duration), Some(distance), Some(customer), Some(fare))
                if faults.is_empty() =>
            {
                Ok(Self { from, to, duration, distance, customer, fare })
            }
            _ => Err(faults),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RawValue;

    fn ride() -> RawFields {
        let text = |s: &str| RawValue::Text(s.to_owned());
        let number = |s: &str| RawValue::Number(s.to_owned());
        [
            ("from", text("Berlin")),
            ("to", text("Frankfurt")),
            ("duration", number("420")),
            ("distance", number("600")),
            ("customer", text("cmr")),
            ("fare", number("256.50")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn with(name: &str, value: RawValue) -> RawFields {
        let mut ride = ride();
        ride.retain(|(given, _)| given != name);
        ride.push((name.to_owned(), value));
        ride
    }

    #[test]
    fn numbers_and_numeric_strings_are_the_same_ride() {
        let as_text = with("fare", RawValue::Text("256.5".to_owned()));
        assert_eq!(RideCompletion::parse(&as_text).unwrap(), RideCompletion::parse(&ride()).unwrap());
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let raw = vec![
            ("from".to_owned(), RawValue::Text(String::new())),
            ("to".to_owned(), RawValue::Number("1".to_owned())),
            ("distance".to_owned(), RawValue::Text("NaN".to_owned())),
            ("customer".to_owned(), RawValue::Text("c m r".to_owned())),
            ("fare".to_owned(), RawValue::Number("-1".to_owned())),
            ("tip".to_owned(), RawValue::Number("1".to_owned())),
        ];
        let faults = RideCompletion::parse(&raw).unwrap_err();
        let mut fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["customer", "distance", "duration", "fare", "from", "tip", "to"]);
    }

    #[test]
    fn faults_never_repeat_the_rejected_value() {
        let faults = RideCompletion::parse(&with("customer", RawValue::Text("jane@example.com".to_owned())));
        assert!(!faults.unwrap_err().to_string().contains("jane"));
    }

    #[test]
    fn fares_out_of_range_are_refused() {
        for fare in ["-0.01", "1e30", "1000000.01", "0.001", "1e-3"] {
            for value in [RawValue::Number(fare.to_owned()), RawValue::Text(fare.to_owned())] {
                assert!(RideCompletion::parse(&with("fare", value)).is_err(), "{fare}");
            }
        }
    }
}
