//! The part of Stripe's API that is used here.

use serde::de::DeserializeOwned;
use stripe_client_core::StripeRequest;
use stripe_core::payment_intent::{CancelPaymentIntent, RetrievePaymentIntent};

use super::{
    answer::{Intent, Status},
    error::{self, StripeSetupError},
    transport::Transport,
};
use crate::provider::{IdempotencyKey, PaymentId, ProviderError};

/// The API of one account.
pub(super) struct Api(Transport);

impl Api {
    /// The API for a secret key, at this base URL, or else at Stripe's.
    pub(super) fn new(secret: &str, url: Option<&str>) -> Result<Self, StripeSetupError> {
        Transport::new(error::secret_key(secret)?, url).map(Self)
    }

    /// Sends a request once, because the saga retries it with the same key. Only the fields that are used here are read, so a change
    /// of any other field can't make an answer unreadable.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        request: &impl StripeRequest,
        key: Option<&IdempotencyKey>,
    ) -> Result<T, ProviderError> {
        let key = key.map(sendable).transpose()?;
        let answer = self.0.send(request.build(), key).await.map_err(|error| error::no_answer(&error))?;
        match answer.status {
            200..300 => error::readable(&answer.body),
            status => Err(error::answered(status, answer.is_replay, &answer.body)),
        }
    }

    /// Cancels an intent. Stripe refuses to cancel it twice.
    pub(super) async fn cancel(
        &self,
        id: &str,
        key: Option<&IdempotencyKey>,
    ) -> Result<Intent, ProviderError> {
        self.send(&CancelPaymentIntent::new(id), key).await
    }

    /// The current status of an intent.
    pub(super) async fn status(&self, id: &PaymentId) -> Result<Status, ProviderError> {
        let intent: Intent = self.send(&RetrievePaymentIntent::new(id.0.as_str()), None).await?;
        Ok(intent.status())
    }
}

/// The key, if Stripe accepts it and it can be a header's value.
fn sendable(IdempotencyKey(key): &IdempotencyKey) -> Result<&str, ProviderError> {
    if (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(key)
    } else {
        Err(ProviderError::Refused("idempotency_key_invalid".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stripe_would_refuse_is_not_sent() {
        let key = |key: &str| IdempotencyKey(key.into());
        assert_eq!(sendable(&key("0190c8f4-authorize")), Ok("0190c8f4-authorize"));
        assert!(sendable(&key(&"k".repeat(255))).is_ok());
        for unsendable in ["", "a key", "ké", "key\r\nhost: example.test", &"k".repeat(256)] {
            let refused = ProviderError::Refused("idempotency_key_invalid".into());
            assert_eq!(sendable(&key(unsendable)), Err(refused), "{unsendable}");
        }
    }

    #[test]
    fn only_a_complete_url_is_accepted() {
        assert!(Api::new("sk_test_1", Some("http://127.0.0.1:1/")).is_ok());
        for url in ["", "/v1", "localhost:8420"] {
            assert_eq!(Api::new("sk_test_1", Some(url)).err(), Some(StripeSetupError::InvalidUrl), "{url}");
        }
    }
}
