//! Stripe's API, as far as it is used here.

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
    /// The API for a secret key; at another base URL than Stripe's, if one is given.
    pub(super) fn new(secret: &str, url: Option<&str>) -> Result<Self, StripeSetupError> {
        Transport::new(error::secret_key(secret)?, url).map(Self)
    }

    /// Sends a request once: the saga is who tries again, with the same key. Of the answer only what is used here is
    /// read, so nothing else that Stripe may put there can make a payment unreadable.
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

    /// Cancels an intent, which Stripe does once.
    pub(super) async fn cancel(
        &self,
        id: &str,
        key: Option<&IdempotencyKey>,
    ) -> Result<Intent, ProviderError> {
        self.send(&CancelPaymentIntent::new(id), key).await
    }

    /// What has become of an intent.
    pub(super) async fn status(&self, id: &PaymentId) -> Result<Status, ProviderError> {
        let intent: Intent = self.send(&RetrievePaymentIntent::new(id.0.as_str()), None).await?;
        Ok(intent.status())
    }
}

/// The key, if Stripe takes it and it stands in a header as it is.
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
    fn a_key_that_stripe_would_not_take_is_not_sent() {
        let key = |key: &str| IdempotencyKey(key.into());
        assert_eq!(sendable(&key("0190c8f4-authorize")), Ok("0190c8f4-authorize"));
        assert!(sendable(&key(&"k".repeat(255))).is_ok());
        for unsendable in ["", "a key", "ké", "key\r\nhost: example.test", &"k".repeat(256)] {
            let refused = ProviderError::Refused("idempotency_key_invalid".into());
            assert_eq!(sendable(&key(unsendable)), Err(refused), "{unsendable}");
        }
    }

    #[test]
    fn only_a_whole_url_is_one() {
        assert!(Api::new("sk_test_1", Some("http://127.0.0.1:1/")).is_ok());
        for url in ["", "/v1", "localhost:8420"] {
            assert_eq!(Api::new("sk_test_1", Some(url)).err(), Some(StripeSetupError::InvalidUrl), "{url}");
        }
    }
}
