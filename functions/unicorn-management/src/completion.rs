//! The completed ride that a unicorn's app reports.

use contracts::{CustomerId, Distance, Duration, Money, Place, RideCompleted, RideId};
use lambda_messaging::{Faults, FieldReader, RawFields};

/// A valid ride completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RideCompletion {
    /// The place where it started.
    pub from: Place,
    /// The place where it ended.
    pub to: Place,
    /// The duration of the ride.
    pub duration: Duration,
    /// The distance of the ride.
    pub distance: Distance,
    /// The customer who rode.
    pub customer: CustomerId,
    /// The price of the ride.
    pub fare: Money,
}

const FIELDS: [&str; 6] = ["from", "to", "duration", "distance", "customer", "fare"];

impl RideCompletion {
    /// Checks a reported ride, and returns every fault.
    pub fn parse(raw: &RawFields) -> Result<Self, Faults> {
        let mut fields = FieldReader::new(raw, &FIELDS);
        let completion = Self::read(&mut fields);
        fields.finish(completion)
    }

    /// The event that announces the ride under this id.
    #[must_use]
    pub fn into_event(self, ride: RideId) -> RideCompleted {
        let Self { from, to, duration, distance, customer, fare } = self;
        RideCompleted { ride, customer, from, to, duration, distance, fare }
    }

    fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        let from = fields.text("from", Place::parse);
        let to = fields.text("to", Place::parse);
        let duration = fields.number("duration", Duration::parse);
        let distance = fields.number("distance", Distance::parse);
        let customer = fields.text("customer", CustomerId::parse);
        let fare = fields.number("fare", Money::parse);
        Some(Self {
            from: from?,
            to: to?,
            duration: duration?,
            distance: distance?,
            customer: customer?,
            fare: fare?,
        })
    }
}

#[cfg(test)]
mod tests {
    use lambda_messaging::RawValue;

    use super::*;

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
