//! Stripe's errors: refusals, and answers that leave the outcome open. Only an error's code is passed on, because its text can quote
//! the request.

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::error::display::DisplayErrorContext;
use serde::{Deserialize, de::DeserializeOwned};

use crate::provider::ProviderError;

/// An invalid parameter of the deployment, without which payments through Stripe can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StripeSetupError {
    /// The currency's code is not three letters.
    #[error("{0:?} is no currency: give its three-letter code, as usd")]
    InvalidCurrency(String),
    /// Stripe doesn't count the currency in hundredths, so the same number would be another amount.
    #[error("fares can't be paid in {0}: Stripe doesn't count this currency in hundredths, as fares are")]
    UnsupportedCurrency(String),
    /// The secret is not a secret key. Its text isn't shown, because it may be secret too.
    #[error(
        "the secret holds no secret key of Stripe's: it must be the key alone, which begins with sk_ or rk_"
    )]
    NoSecretKey,
    /// The base URL of a server that a test uses instead of Stripe is invalid.
    #[error("the base URL of the server in Stripe's place is invalid")]
    InvalidUrl,
}

/// The key in a secret's text, without the line break that an editor may have added.
pub(super) fn secret_key(secret: &str) -> Result<&str, StripeSetupError> {
    let key = secret.trim();
    let is_key = key.starts_with("sk_") || key.starts_with("rk_");
    if is_key && key.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(key)
    } else {
        Err(StripeSetupError::NoSecretKey)
    }
}

/// An answer other than a success.
#[derive(Deserialize)]
struct NoSuccess {
    error: StripeError,
}

/// The fields of an error that are used here, as in [`answer`](super::answer).
#[derive(Deserialize)]
struct StripeError {
    r#type: String,
    code: Option<String>,
    decline_code: Option<String>,
}

/// The meaning of an error for the saga. A replay is an answer that Stripe had saved for the key.
pub(super) fn answered(status: u16, is_replay: bool, body: &[u8]) -> ProviderError {
    let StripeError { r#type, code, decline_code } = match readable(body) {
        Ok(NoSuccess { error }) => error,
        Err(unreadable) => return unreadable,
    };
    let code = code.unwrap_or(r#type);
    match status {
        // Our key is wrong, or lacks a permission. The payment itself may be valid.
        401 | 403 => ProviderError::Unavailable("authentication".into()),
        // The card was declined. The bank's code tells more than Stripe's.
        402 => ProviderError::Refused(decline_code.unwrap_or(code)),
        // Stripe failed, or a service behind it. Stripe saves this error like any other answer, and marks it when it repeats it.
        424 | 500.. if is_replay => ProviderError::Spent(code),
        // 409: another call with the same key is under way. 424: a service behind Stripe failed. 429: too many calls. 5xx: Stripe failed.
        409 | 424 | 429 | 500.. => ProviderError::Unavailable(code),
        // The key was used before for another request, whose outcome this answer doesn't tell.
        400 if code == "idempotency_error" => ProviderError::Unavailable(code),
        _ => ProviderError::Refused(code),
    }
}

/// Parses an answer. An unreadable one may come from a proxy between Stripe and us, so it tells nothing about the payment.
pub(super) fn readable<T: DeserializeOwned>(body: &[u8]) -> Result<T, ProviderError> {
    serde_json::from_slice(body).map_err(|_| ProviderError::Unavailable("unreadable_answer".into()))
}

/// The meaning of a missing answer for the saga. The cause is logged: it is about the network and contains no payment data.
pub(super) fn no_answer(error: &ConnectorError) -> ProviderError {
    tracing::warn!(error = %DisplayErrorContext(error), "no answer from Stripe");
    ProviderError::Unavailable(if error.is_timeout() { "timed_out" } else { "unreachable" }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, error: &str) -> ProviderError {
        answered(status, false, format!(r#"{{"error": {error}}}"#).as_bytes())
    }

    #[test]
    fn a_refusal_is_recognized() {
        for (status, error, code) in [
            (
                402,
                r#"{"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds"}"#,
                "insufficient_funds",
            ),
            (402, r#"{"type": "card_error", "code": "expired_card"}"#, "expired_card"),
            (402, r#"{"type": "card_error"}"#, "card_error"),
            (400, r#"{"type": "invalid_request_error", "code": "amount_too_small"}"#, "amount_too_small"),
            (400, r#"{"type": "invalid_request_error", "code": "invented_tomorrow"}"#, "invented_tomorrow"),
            (404, r#"{"type": "invalid_request_error", "code": "resource_missing"}"#, "resource_missing"),
        ] {
            assert_eq!(meaning(status, error), ProviderError::Refused(code.into()), "{status} {error}");
        }
    }

    #[test]
    fn an_error_that_leaves_the_outcome_open_is_no_refusal() {
        for (status, error, code) in [
            (
                409,
                r#"{"type": "idempotency_error", "code": "idempotency_key_in_use"}"#,
                "idempotency_key_in_use",
            ),
            (400, r#"{"type": "idempotency_error"}"#, "idempotency_error"),
            (429, r#"{"type": "invalid_request_error", "code": "rate_limit"}"#, "rate_limit"),
            (429, r#"{"type": "invalid_request_error", "code": "lock_timeout"}"#, "lock_timeout"),
            (500, r#"{"type": "api_error"}"#, "api_error"),
            (503, r#"{"type": "api_error"}"#, "api_error"),
            (401, r#"{"type": "invalid_request_error"}"#, "authentication"),
            (403, r#"{"type": "invalid_request_error", "code": "secret_key_required"}"#, "authentication"),
        ] {
            assert_eq!(meaning(status, error), ProviderError::Unavailable(code.into()), "{status} {error}");
        }
    }

    #[test]
    fn only_a_replayed_failure_spends_its_key() {
        let answered = |status, error: &str| answered(status, true, error.as_bytes());
        for (status, error, meaning) in [
            (500, r#"{"error": {"type": "api_error"}}"#, ProviderError::Spent("api_error".into())),
            (402, r#"{"error": {"type": "card_error"}}"#, ProviderError::Refused("card_error".into())),
            (502, "<html>bad gateway</html>", ProviderError::Unavailable("unreadable_answer".into())),
        ] {
            assert_eq!(answered(status, error), meaning, "{status} {error}");
        }
    }

    #[test]
    fn an_errors_text_is_not_passed_on() {
        let error = r#"{"type": "invalid_request_error", "code": "resource_missing",
            "message": "No such customer: 'cus_Jane'", "param": "customer"}"#;
        assert!(!format!("{:?}", meaning(404, error)).contains("Jane"));
        let error = ConnectorError::io("https://jane@example.test".into());
        assert_eq!(no_answer(&error), ProviderError::Unavailable("unreachable".into()));
    }

    #[test]
    fn only_a_secret_key_is_accepted() {
        assert_eq!(secret_key("sk_test_1\n"), Ok("sk_test_1"));
        assert_eq!(secret_key(" rk_live_1"), Ok("rk_live_1"));
        for text in ["", "pk_test_1", r#"{"key": "sk_test_1"}"#, "sk_test 1", "sk_tést"] {
            assert_eq!(secret_key(text), Err(StripeSetupError::NoSecretKey), "{text}");
        }
    }
}
