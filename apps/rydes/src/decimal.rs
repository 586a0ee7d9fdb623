//! Decimals in JSON, which pass through no binary floating point on the way.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

/// Writes it as a number.
pub(crate) fn as_number<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string()).map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads a number, or a text that is one.
pub(crate) fn read(json: &RawValue) -> Option<Decimal> {
    let text = json.get();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_read_and_written_as_it_stands_there() {
        let read = |text: &str| read(&RawValue::from_string(text.to_owned()).unwrap());
        assert_eq!(read("0.0000166667"), Some(Decimal::new(166_667, 10)));
        assert_eq!(read("\"0.50\""), Some(Decimal::new(50, 2)));
        assert_eq!(read("1.5e3"), Some(Decimal::from(1500)));
        assert_eq!([read("null"), read("\"much\""), read("[1]"), read("true")], [None; 4]);
        let mut json = Vec::new();
        as_number(&Decimal::new(1050, 2), &mut serde_json::Serializer::new(&mut json)).unwrap();
        assert_eq!(json, b"10.50");
    }
}
