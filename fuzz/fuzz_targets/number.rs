//! Amounts, distances, durations and times to wait from untrusted numbers.

#![no_main]

use contracts::{Distance, Duration, Money};
use fuzz::{check_money, check_rule, text};
use libfuzzer_sys::fuzz_target;
use ride_booking::ReplyWithin;
use rust_decimal::Decimal;

fuzz_target!(|data: &[u8]| {
    let Some(number) = text(data) else { return };
    let money = Money::parse(number);
    match &money {
        Ok(amount) => check_money(*amount),
        Err(rule) => check_rule(&rule.to_string()),
    }
    let distance = Distance::parse(number);
    match &distance {
        Ok(distance) => assert_eq!(Distance::parse(&distance.to_string()).as_ref(), Ok(distance)),
        Err(rule) => check_rule(&rule.to_string()),
    }
    let duration = Duration::parse(number);
    match &duration {
        Ok(duration) => assert_eq!(Duration::parse(&duration.to_string()).as_ref(), Ok(duration)),
        Err(rule) => check_rule(&rule.to_string()),
    }
    match ReplyWithin::parse(number) {
        Ok(time) => assert!((1..=900).contains(&time.seconds())),
        Err(rule) => check_rule(&rule.to_string()),
    }
    // However it is written, it is read as the number that it is, or not at all.
    if let Some(plain) = plain(number) {
        let exact = Decimal::from_str_exact(&plain).ok().map(|value| value.normalize());
        let within = |max: u32, places: u32| {
            exact.filter(|v| *v >= Decimal::ZERO && *v <= Decimal::from(max) && v.scale() <= places)
        };
        let read =
            |read: Option<String>| read.and_then(|v| Decimal::from_str_exact(&v).ok()).map(|v| v.normalize());
        assert_eq!(read(money.ok().map(|v| v.to_string())), within(1_000_000, 2), "{plain}");
        assert_eq!(read(distance.ok().map(|v| v.to_string())), within(100_000, 3), "{plain}");
        assert_eq!(read(duration.ok().map(|v| v.to_string())), within(100_000, 0), "{plain}");
    }
});

/// The same number without an exponent and without zeros that don't count, if it is one and not too long for that.
fn plain(number: &str) -> Option<String> {
    serde_json::from_str::<&serde_json::value::RawValue>(number).ok().filter(|json| json.get() == number)?;
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |unsigned| ("-", unsigned));
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= 60)?;
    let zeros = "0".repeat(61);
    let digits = format!("{zeros}{whole}{fraction}{zeros}");
    let point = usize::try_from(i32::try_from(61 + whole.len()).ok()? + exponent).ok()?;
    let (whole, fraction) = digits.split_at_checked(point)?;
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    (whole.len() + fraction.len() <= 28).then(|| {
        let whole = if whole.is_empty() { "0" } else { whole };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    })
}
