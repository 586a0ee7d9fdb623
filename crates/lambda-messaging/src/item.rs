//! DynamoDB items.

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::types::AttributeValue;

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

/// An item with these attributes.
pub fn new<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.map(|(name, value)| (name.to_owned(), value)).into()
}

/// The item with the current time as [`RECORDED_AT`].
#[must_use]
pub fn stamped(mut item: Item) -> Item {
    item.insert(RECORDED_AT.to_owned(), text(format_args!("{:.3}", jiff::Timestamp::now())));
    item
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_dynamodb_gives_them_back() {
        for (written, stored) in
            [("256.50", "256.5"), ("100", "100"), ("1.00", "1"), ("0.00", "0"), ("0.05", "0.05")]
        {
            assert_eq!(number(written), AttributeValue::N(stored.to_owned()));
        }
    }
}
