//! The prebooking that a customer submits.

use contracts::{CustomerId, Place, PrebookingId, PrebookingSubmitted};
use jiff::{SignedDuration, Timestamp};
use lambda_messaging::{Faults, FieldReader, RawFields};

/// A valid prebooking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RidePrebooking {
    /// The place where the ride is to start.
    pub from: Place,
    /// The place where it is to end.
    pub to: Place,
    /// The time when it is to start.
    pub when: Timestamp,
    /// The customer who wants to ride.
    pub customer: CustomerId,
}

const FIELDS: [&str; 4] = ["from", "to", "when", "customer"];

/// A leap year, so that a customer can book the same day of the next year.
const AT_MOST_AHEAD: SignedDuration = SignedDuration::from_hours(366 * 24);

impl RidePrebooking {
    /// Checks a prebooking as of `now`, and returns every fault.
    pub fn parse(raw: &RawFields, now: Timestamp) -> Result<Self, Faults> {
        let mut fields = FieldReader::new(raw, &FIELDS);
        let prebooking = Self::read(&mut fields, now);
        fields.finish(prebooking)
    }

    /// The event that announces the prebooking under this id.
    #[must_use]
    pub fn into_event(self, prebooking: PrebookingId) -> PrebookingSubmitted {
        let Self { from, to, when, customer } = self;
        PrebookingSubmitted { prebooking, customer, from, to, when }
    }

    fn read(fields: &mut FieldReader<'_>, now: Timestamp) -> Option<Self> {
        let from = fields.text("from", Place::parse);
        let to = fields.text("to", Place::parse);
        let when = fields.text("when", |text| time(text, now));
        let customer = fields.text("customer", CustomerId::parse);
        if from.is_some() && from == to {
            fields.fault("to", "must be another place than from");
        }
        Some(Self { from: from?, to: to?, when: when?, customer: customer? })
    }
}

/// A time in RFC 3339, in the future and at most a year ahead. A time zone in brackets (RFC 9557) is refused, because it could contradict
/// the offset. Checking that would need a current list of all time zones, because laws change their offsets.
fn time(text: &str, now: Timestamp) -> Result<Timestamp, &'static str> {
    if text.contains('[') {
        return Err("must end with its offset from UTC, without a zone in brackets");
    }
    let time: Timestamp = text.parse().map_err(|_| "must be a time as in 2027-05-01T09:30:00Z")?;
    if time <= now {
        Err("must be in the future")
    } else if time.duration_since(now) > AT_MOST_AHEAD {
        Err("must be at most a year ahead")
    } else {
        Ok(time)
    }
}

#[cfg(test)]
mod tests {
    use lambda_messaging::RawValue;

    use super::*;

    fn parse(from: &str, to: &str, when: &str, customer: &str) -> Result<RidePrebooking, Faults> {
        let fields = [("from", from), ("to", to), ("when", when), ("customer", customer)];
        let raw = fields.map(|(name, value)| (name.to_owned(), RawValue::Text(value.to_owned())));
        RidePrebooking::parse(&raw.to_vec(), "2026-11-24T09:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_time_with_an_offset_is_the_same_time() {
        let booking = parse("Berlin", "Bonn", "2026-11-24T11:30:00+02:00", "cmr").unwrap();
        assert_eq!(booking.when, "2026-11-24T09:30:00Z".parse().unwrap());
    }

    #[test]
    fn times_are_in_the_future_and_within_a_year() {
        for (when, rule) in [
            ("2026-11-24T09:00:00Z", "must be in the future"),
            ("2026-11-24T09:30:00+01:00", "must be in the future"),
            ("2027-11-25T09:00:01Z", "must be at most a year ahead"),
            ("9999-12-30T00:00:00Z", "must be at most a year ahead"),
            ("tomorrow", "must be a time as in 2027-05-01T09:30:00Z"),
            ("2026-11-24", "must be a time as in 2027-05-01T09:30:00Z"),
            ("", "must be a time as in 2027-05-01T09:30:00Z"),
            (
                "2027-07-01T09:30+01:00[!Europe/Berlin]",
                "must end with its offset from UTC, without a zone in brackets",
            ),
            (
                "2027-07-01T09:30:00+02:00[Europe/Berlin]",
                "must end with its offset from UTC, without a zone in brackets",
            ),
            (
                "2027-07-01T09:30:00Z[u-ca=hebrew]",
                "must end with its offset from UTC, without a zone in brackets",
            ),
        ] {
            assert_eq!(
                parse("Berlin", "Bonn", when, "cmr").unwrap_err().to_string(),
                format!("when: {rule}")
            );
        }
        assert!(parse("Berlin", "Bonn", "2026-11-24T09:00:00.001Z", "cmr").is_ok());
        assert!(parse("Berlin", "Bonn", "2027-11-24T09:00:00Z", "cmr").is_ok());
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let faults = parse("a\u{0}b", "", "2020-01-01T00:00:00Z", "c m r").unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["from", "to", "when", "customer"]);
        assert_eq!(parse("Bonn", "Bonn", "2027-01-01T00:00:00Z", "cmr").unwrap_err().iter().count(), 1);
        assert_eq!(RidePrebooking::parse(&vec![], Timestamp::UNIX_EPOCH).unwrap_err().iter().count(), 4);
    }
}
