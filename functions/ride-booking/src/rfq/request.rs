//! The request for quotes that a customer submits.

use contracts::{
    CustomerId, HerdName, Place,
    decimal::{self, DecimalError},
};
use lambda_messaging::{Faults, FieldReader, RawFields};
use rust_decimal::prelude::ToPrimitive;

/// A valid request for quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantRideRfq {
    /// The place where the ride is to start.
    pub from: Place,
    /// The place where it is to end.
    pub to: Place,
    /// The customer who wants to ride.
    pub customer: CustomerId,
    /// The herds to ask, each once and in alphabetical order; all herds if `None`.
    pub herds: Option<Vec<HerdName>>,
    /// The time that the customer waits for quotes; the deployment's default if `None`.
    pub reply_within: Option<ReplyWithin>,
}

/// The time to wait for quotes: 1 to 900 whole seconds. A queue can delay the message that ends it no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyWithin(u16);

/// The reason why a text is not such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyWithinError {
    /// The text is not a number, or it is out of range.
    #[error(transparent)]
    Decimal(DecimalError),
    /// The text is less than a second, or a fraction of one.
    #[error("must be a whole number of seconds, at least 1")]
    NotWhole,
}

const FIELDS: [&str; 5] = ["from", "to", "customer", "herds", "reply-within"];
const MAX_SECONDS: u32 = 900;

impl InstantRideRfq {
    /// Checks a request, and returns every fault. The herds that it may name are `known`.
    pub fn parse(raw: &RawFields, known: &[HerdName]) -> Result<Self, Faults> {
        let mut fields = FieldReader::new(raw, &FIELDS);
        let rfq = Self::read(&mut fields, known);
        fields.finish(rfq)
    }

    fn read(fields: &mut FieldReader<'_>, known: &[HerdName]) -> Option<Self> {
        let from = fields.text("from", Place::parse);
        let to = fields.text("to", Place::parse);
        let customer = fields.text("customer", CustomerId::parse);
        let herds = if fields.has("herds") { read_herds(fields, known) } else { None };
        let reply_within =
            fields.has("reply-within").then(|| fields.number("reply-within", ReplyWithin::parse));
        if from.is_some() && from == to {
            fields.fault("to", "must be another place than from");
        }
        Some(Self { from: from?, to: to?, customer: customer?, herds, reply_within: reply_within.flatten() })
    }
}

fn read_herds(fields: &mut FieldReader<'_>, known: &[HerdName]) -> Option<Vec<HerdName>> {
    let mut herds = fields.texts("herds", HerdName::parse)?;
    if herds.is_empty() {
        fields.fault("herds", "must name at least one herd, or be left out to ask all");
    }
    for unknown in herds.iter().filter(|herd| !known.contains(herd)) {
        let known = known.iter().map(HerdName::as_str).collect::<Vec<_>>().join(", ");
        fields.fault("herds", format_args!("there is no herd {unknown}; there are {known}"));
    }
    herds.sort_unstable();
    herds.dedup();
    Some(herds)
}

impl ReplyWithin {
    /// Reads seconds as JSON writes numbers.
    pub fn parse(text: &str) -> Result<Self, ReplyWithinError> {
        match decimal::parse(text, 0, MAX_SECONDS) {
            Ok(seconds) => {
                let seconds = seconds.to_u16().filter(|seconds| *seconds > 0);
                seconds.map(Self).ok_or(ReplyWithinError::NotWhole)
            }
            Err(DecimalError::TooPrecise(_)) => Err(ReplyWithinError::NotWhole),
            Err(error) => Err(ReplyWithinError::Decimal(error)),
        }
    }

    /// Whole seconds.
    #[must_use]
    pub fn seconds(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use lambda_messaging::RawValue;

    use super::*;

    fn text(value: &str) -> RawValue {
        RawValue::Text(value.to_owned())
    }

    fn parse(more: &[(&str, RawValue)]) -> Result<InstantRideRfq, Faults> {
        let mut raw: RawFields = [("from", "Berlin"), ("to", "Bonn"), ("customer", "cmr")]
            .map(|(n, v)| (n.to_owned(), text(v)))
            .into();
        for (name, value) in more {
            raw.retain(|(given, _)| given != name);
            raw.push(((*name).to_owned(), value.clone()));
        }
        InstantRideRfq::parse(&raw, &["a", "b", "fine"].map(|herd| HerdName::parse(herd).unwrap()))
    }

    #[test]
    fn the_herds_and_the_time_for_quotes_may_be_left_out() {
        let rfq = parse(&[]).unwrap();
        assert_eq!((rfq.herds, rfq.reply_within), (None, None));
        let herds = RawValue::List(vec![text("b"), text("a"), text("b")]);
        let rfq = parse(&[("herds", herds), ("reply-within", RawValue::Number("30".into()))]).unwrap();
        let names: Vec<_> = rfq.herds.iter().flatten().map(HerdName::as_str).collect();
        assert_eq!((names, rfq.reply_within.map(ReplyWithin::seconds)), (vec!["a", "b"], Some(30)));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let herds = RawValue::List(vec![text("no blanks"), RawValue::Other, text("ü"), text("fine")]);
        let faults = parse(&[
            ("to", text("Berlin")),
            ("customer", RawValue::Other),
            ("herds", herds),
            ("reply-within", RawValue::Number("0".into())),
            ("when", text("now")),
        ]);
        let faults = faults.unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["when", "customer", "herds", "herds", "reply-within", "to"], "{faults}");
        assert!(faults.to_string().contains("herds: each must be 1 to 64 characters"), "{faults}");
        assert_eq!(parse(&[("herds", RawValue::List(vec![]))]).unwrap_err().iter().count(), 1);
        let strangers = RawValue::List(vec![text("mars"), text("a"), text("pluto")]);
        assert_eq!(
            parse(&[("herds", strangers)]).unwrap_err().to_string(),
            "herds: there is no herd mars; there are a, b, fine; herds: there is no herd pluto; there are a, b, fine"
        );
        assert_eq!(
            parse(&[("herds", text("a"))]).unwrap_err().to_string(),
            "herds: must be a list of strings"
        );
        assert_eq!(InstantRideRfq::parse(&vec![], &[]).unwrap_err().iter().count(), 3);
    }

    #[test]
    fn seconds_are_whole_and_within_what_a_queue_can_hold_back() {
        for good in ["1", "900", "6e1"] {
            assert!(ReplyWithin::parse(good).is_ok(), "{good}");
        }
        for bad in ["0", "0.5", "901", "-1", "soon", ""] {
            assert!(ReplyWithin::parse(bad).is_err(), "{bad}");
        }
    }
}
