//! DynamoDB items.
//!
//! ```
//! use lambda_messaging::item::{self, Item, RECORDED_AT, moment, number, text};
//!
//! let placed_at = "2026-11-27T09:00:00Z".parse().unwrap();
//! let order: Item =
//!     item::new([("order", text("o-1")), ("total", number("19.90")), ("placedAt", moment(placed_at))]);
//! assert_eq!(order["total"], number("19.9"), "as DynamoDB returns it");
//! assert_eq!(order["placedAt"], text("2026-11-27T09:00:00.000Z"));
//! assert!(item::stamped(order).contains_key(RECORDED_AT));
//! ```

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

/// A DynamoDB item.
pub type Item = HashMap<String, AttributeValue>;

/// The attribute with the time when an item was written. Two deliveries of one message differ in it.
pub const RECORDED_AT: &str = "recordedAt";

/// A string attribute.
pub fn text(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

/// A number attribute: exact, without binary floating point. It has no trailing zeros, as DynamoDB returns it, so that a stored number
/// equals the same number of a repetition.
pub fn number(value: impl fmt::Display) -> AttributeValue {
    let mut digits = value.to_string();
    if digits.contains('.') {
        digits.truncate(digits.trim_end_matches('0').trim_end_matches('.').len());
    }
    AttributeValue::N(digits)
}

/// A time as a string attribute. Its decimal places are fixed, so that such texts sort as their times do.
#[must_use]
pub fn moment(at: Timestamp) -> AttributeValue {
    text(format_args!("{at:.3}"))
}

/// An item with these attributes.
pub fn new<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The item with the current time as [`RECORDED_AT`].
#[must_use]
pub fn stamped(mut item: Item) -> Item {
    item.insert(RECORDED_AT.to_owned(), moment(Timestamp::now()));
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_sort_as_their_times_do() {
        let text_of = |time: &str| moment(time.parse().unwrap()).as_s().unwrap().clone();
        let times = [
            "2026-11-27T06:00:00Z",
            "2026-11-27T06:00:00.05Z",
            "2026-11-27T06:00:00.5Z",
            "2026-11-27T06:00:01Z",
        ];
        let texts = times.map(text_of);
        assert_eq!(texts[0], "2026-11-27T06:00:00.000Z");
        assert!(texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn numbers_are_written_as_dynamodb_gives_them_back() {
        for (written, stored) in
            [("256.50", "256.5"), ("100", "100"), ("1.00", "1"), ("0.00", "0"), ("0.05", "0.05")]
        {
            assert_eq!(number(written), AttributeValue::N(stored.to_owned()));
        }
    }
}
