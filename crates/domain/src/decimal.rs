//! Exact decimals from text. Nothing here passes through binary floating point.

use rust_decimal::Decimal;

/// Longer than any amount or measure this domain accepts; a cheap way to refuse a number of a thousand digits.
const MAX_CHARACTERS: usize = 40;

/// Why a text is no acceptable decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not written as JSON writes numbers.
    #[error("must be a number")]
    NotANumber,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// More decimal places than this.
    #[error("must have at most {0} decimal places")]
    TooPrecise(u32),
    /// Above this.
    #[error("must be at most {0}")]
    TooLarge(u32),
}

/// Reads a number as JSON writes it (`256.50`, `6e2`), from 0 to `max`, with at most `places` decimal places.
/// Trailing zeros don't count: `1.500` has one place.
pub(crate) fn parse(text: &str, places: u32, max: u32) -> Result<Decimal, DecimalError> {
    if !is_json_number(text) {
        return Err(DecimalError::NotANumber);
    }
    if text.len() > MAX_CHARACTERS {
        // Legal JSON, but beyond what can be held exactly: say which side it is on.
        return Err(if text.starts_with('-') { DecimalError::Negative } else { DecimalError::TooLarge(max) });
    }
    let value = match text.find(['e', 'E']) {
        None => Decimal::from_str_exact(text),
        Some(_) => Decimal::from_scientific(text),
    };
    let value = match value {
        Ok(value) => value.normalize(),
        Err(_) if text.starts_with('-') => return Err(DecimalError::Negative),
        // Too many digits to hold exactly: far too small, or far too large.
        Err(rust_decimal::Error::Underflow) => return Err(DecimalError::TooPrecise(places)),
        Err(_) if text.contains(['e', 'E']) && text.contains('-') => {
            return Err(DecimalError::TooPrecise(places));
        }
        Err(_) => return Err(DecimalError::TooLarge(max)),
    };
    if value.is_sign_negative() && !value.is_zero() {
        Err(DecimalError::Negative)
    } else if value.scale() > places {
        Err(DecimalError::TooPrecise(places))
    } else if value > Decimal::from(max) {
        Err(DecimalError::TooLarge(max))
    } else {
        Ok(value.abs())
    }
}

/// JSON's own grammar for numbers, so that a numeric string can't be laxer than a number:
/// no `+1`, `.5`, `1_000`, `NaN`, and no blanks.
fn is_json_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_json_calls_a_number() {
        for (text, value) in [
            ("0", "0"),
            ("-0", "0"),
            ("256.50", "256.5"),
            ("6e2", "600"),
            ("1.5E1", "15"),
            ("25650e-2", "256.5"),
            ("100", "100"),
            ("1.500", "1.5"),
        ] {
            assert_eq!(parse(text, 2, 1000).map(|d| d.to_string()), Ok(value.to_owned()), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, error) in [
            ("", DecimalError::NotANumber),
            ("NaN", DecimalError::NotANumber),
            ("Infinity", DecimalError::NotANumber),
            ("+1", DecimalError::NotANumber),
            (".5", DecimalError::NotANumber),
            ("5.", DecimalError::NotANumber),
            ("01", DecimalError::NotANumber),
            ("1_000", DecimalError::NotANumber),
            (" 1", DecimalError::NotANumber),
            ("1e", DecimalError::NotANumber),
            ("0x10", DecimalError::NotANumber),
            ("-0.01", DecimalError::Negative),
            ("-1e400", DecimalError::Negative),
            ("0.001", DecimalError::TooPrecise(2)),
            ("0.00000000000000000000000000000000000001", DecimalError::TooPrecise(2)),
            ("1e-30", DecimalError::TooPrecise(2)),
            ("1000.01", DecimalError::TooLarge(1000)),
            ("1e30", DecimalError::TooLarge(1000)),
            ("1e400", DecimalError::TooLarge(1000)),
            ("1000000000000000000000000000000000000000000000000", DecimalError::TooLarge(1000)),
        ] {
            assert_eq!(parse(text, 2, 1000), Err(error), "{text}");
        }
    }
}
