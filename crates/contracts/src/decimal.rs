//! Exact decimals from text. Nothing here passes through binary floating point.

use rust_decimal::Decimal;

/// The reason why a text is not an acceptable decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is not a number in JSON's grammar.
    #[error("must be a number")]
    NotANumber,
    /// The number is below zero.
    #[error("must not be negative")]
    Negative,
    /// The number has more decimal places than this.
    #[error("must have at most {0} decimal places")]
    TooPrecise(u32),
    /// The number is above this.
    #[error("must be at most {0}")]
    TooLarge(u32),
}

/// Reads a number as JSON writes it (`256.50`, `6e2`), from 0 to `max`, with at most `places` decimal places.
/// Zeros that don't change the number don't count: `1.500` has one place, and so has `150e-2`.
///
/// # Errors
/// The first rule that the text breaks.
pub fn parse(text: &str, places: u32, max: u32) -> Result<Decimal, DecimalError> {
    let Number { negative, digits, decimal_places } = Number::read(text).ok_or(DecimalError::NotANumber)?;
    if digits.is_empty() {
        return Ok(Decimal::ZERO);
    }
    if negative {
        return Err(DecimalError::Negative);
    }
    if decimal_places > places.into() {
        return Err(DecimalError::TooPrecise(places));
    }
    // The remaining digits are few, or the number is beyond any `max`.
    let too_large = DecimalError::TooLarge(max);
    let scale = u32::try_from(decimal_places.max(0)).map_err(|_| too_large)?;
    let zeros = u32::try_from(decimal_places.min(0).unsigned_abs()).map_err(|_| too_large)?;
    let value = digits.parse::<i64>().ok().zip(10_i64.checked_pow(zeros));
    let value = value.and_then(|(digits, zeros)| digits.checked_mul(zeros)).ok_or(too_large)?;
    let value = Decimal::new(value, scale);
    if value > Decimal::from(max) { Err(too_large) } else { Ok(value) }
}

/// The parts of a number: its digits from the first to the last non-zero one (none if the number is zero), and the number of
/// decimal places, which is negative if zeros follow the digits before the point.
struct Number {
    negative: bool,
    digits: String,
    decimal_places: i64,
}

impl Number {
    /// JSON's own grammar for numbers, so that a numeric string can't be laxer than a number:
    /// no `+1`, `.5`, `1_000`, `NaN`, and no blanks.
    fn read(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let are_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let is_number = are_digits(whole)
            && (whole == "0" || !whole.starts_with('0'))
            && fraction.is_none_or(are_digits)
            && exponent.is_none_or(|e| are_digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
        if !is_number {
            return None;
        }
        let fraction = fraction.unwrap_or_default();
        let all = format!("{whole}{fraction}");
        let digits = all.trim_end_matches('0');
        let (behind_point, zeros) = (length(fraction), length(&all) - length(digits));
        Some(Self {
            negative: text.starts_with('-'),
            digits: digits.trim_start_matches('0').to_owned(),
            decimal_places: (behind_point - zeros).saturating_sub(exponent.map_or(0, saturating)),
        })
    }
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// The exponent; one beyond the range of `i64` becomes the largest or the smallest.
fn saturating(exponent: &str) -> i64 {
    exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX })
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
            ("150e-2", "1.5"),
            ("0e400", "0"),
            ("0.0e-99999999999999999999", "0"),
            ("100000000000000000000000000000000000000000000e-44", "1"),
            ("1.50000000000000000000000000000000000000000000", "1.5"),
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
            ("0.99999999999999999999999999999999999e2", DecimalError::TooPrecise(2)),
            ("1e-99999999999999999999", DecimalError::TooPrecise(2)),
            ("1e99999999999999999999", DecimalError::TooLarge(1000)),
            ("-1e99999999999999999999", DecimalError::Negative),
            ("1000.01", DecimalError::TooLarge(1000)),
            ("1e30", DecimalError::TooLarge(1000)),
            ("1e400", DecimalError::TooLarge(1000)),
            ("1000000000000000000000000000000000000000000000000", DecimalError::TooLarge(1000)),
        ] {
            assert_eq!(parse(text, 2, 1000), Err(error), "{text}");
        }
    }
}
