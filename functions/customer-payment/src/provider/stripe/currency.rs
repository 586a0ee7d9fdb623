//! Currencies. Fares are counted in hundredths of the currency unit, and Stripe counts in the currency's smallest unit.

use stripe_types::Currency;

use super::StripeSetupError;

/// Currencies without a smaller unit: 256.50 can't be paid, and 25650 would be a hundred times too much. ISK is counted in hundredths at
/// Stripe, but only whole units are accepted.
const WITHOUT_HUNDREDTHS: [&str; 17] = [
    "bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// Currencies that are counted in thousandths: 25650 would be a tenth of the fare.
const IN_THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// The currency of this code, if Stripe counts it in hundredths.
pub(super) fn in_hundredths(code: &str) -> Result<Currency, StripeSetupError> {
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(StripeSetupError::InvalidCurrency(code.to_owned()));
    }
    let code = code.to_ascii_lowercase();
    if WITHOUT_HUNDREDTHS.contains(&code.as_str()) || IN_THOUSANDTHS.contains(&code.as_str()) {
        return Err(StripeSetupError::UnsupportedCurrency(code));
    }
    let Ok(currency) = code.parse();
    Ok(currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_that_stripe_counts_in_hundredths_is_accepted() {
        for (code, written) in [("usd", "usd"), ("EUR", "eur"), ("gbp", "gbp")] {
            assert_eq!(in_hundredths(code).unwrap().to_string(), written);
        }
    }

    #[test]
    fn a_currency_that_stripe_counts_in_other_units_is_refused() {
        for code in WITHOUT_HUNDREDTHS.into_iter().chain(IN_THOUSANDTHS) {
            assert_eq!(in_hundredths(code), Err(StripeSetupError::UnsupportedCurrency(code.into())));
            assert!(in_hundredths(&code.to_uppercase()).is_err(), "{code} in capitals");
        }
    }

    #[test]
    fn a_currency_is_three_letters() {
        for code in ["", "us", "usdt", "u$d", "€uro"] {
            assert_eq!(in_hundredths(code), Err(StripeSetupError::InvalidCurrency(code.into())));
        }
    }
}
