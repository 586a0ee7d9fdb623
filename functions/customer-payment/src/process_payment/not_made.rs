//! Steps that weren't made, and the errors that the saga's `Retry` and `Catch` match on.

use lambda_messaging::Failure;

use crate::provider::ProviderError;

/// The authorization was refused, and nothing is reserved.
pub(super) const NOT_AUTHORIZED: &str = "PaymentAuthException";
/// The outcome of the authorization is unknown, and a retry can't find it out. The saga must void the authorization.
pub(super) const AUTHORIZATION_UNCLEAR: &str = "PaymentAuthUnclear";
pub(super) const NOT_CAPTURED: &str = "PaymentChargeException";
pub(super) const NOT_VOIDED: &str = "PaymentVoidException";
pub(super) const NOT_REFUNDED: &str = "PaymentRefundException";
/// The provider gave no answer, or none that tells the outcome.
pub(super) const UNAVAILABLE: &str = "PaymentProviderUnavailable";

/// The reason why a step wasn't made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotMade {
    /// The saga is answered with this error.
    Answer { error: &'static str, cause: String },
    /// The message is retried or dead-lettered.
    Fail(Failure),
}

impl NotMade {
    pub(super) fn answer(error: &'static str, cause: impl Into<String>) -> Self {
        Self::Answer { error, cause: cause.into() }
    }
}

impl From<Failure> for NotMade {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

/// The answer to the saga after a provider's error.
pub(super) fn not_made(error: ProviderError, refusal: &'static str) -> NotMade {
    match error {
        ProviderError::Refused(cause) => NotMade::answer(refusal, cause),
        // The saga retries the step, with a backoff. A message that stays in the queue would delay the customer's other payments.
        ProviderError::Spent(cause) | ProviderError::Unavailable(cause) => {
            NotMade::answer(UNAVAILABLE, cause)
        }
    }
}
