//! Stripe's API, as far as it is used here.

use ::stripe::{Client, ClientBuilder, RequestStrategy, StripeRequest};
use miniserde::Deserialize;
use stripe_core::payment_intent::{CancelPaymentIntent, RetrievePaymentIntent};

use super::{
    answer::{Intent, Status},
    error::{self, StripeSetupError},
};
use crate::provider::{IdempotencyKey, PaymentId, ProviderError};

/// The API of one account.
pub(super) struct Api(Client);

impl Api {
    /// The API for a secret key; at another base URL than Stripe's, if one is given.
    pub(super) fn new(secret: &str, url: Option<&str>) -> Result<Self, StripeSetupError> {
        let builder = ClientBuilder::new(error::secret_key(secret)?);
        let builder = match url {
            Some(url) => builder.url(url),
            None => builder,
        };
        builder.build().map(Self).map_err(|_| StripeSetupError::InvalidUrl)
    }

    /// Sends a request once: the saga is who tries again, with the same key. Of the answer only what is used here is
    /// read, so nothing else that Stripe may put there can make a payment unreadable.
    pub(super) async fn send<T: Deserialize>(
        &self,
        request: &impl StripeRequest,
        key: Option<&IdempotencyKey>,
    ) -> Result<T, ProviderError> {
        let strategy = match key {
            None => RequestStrategy::Once,
            Some(IdempotencyKey(key)) => ::stripe::IdempotencyKey::new(key)
                .map(RequestStrategy::Idempotent)
                .map_err(|_| ProviderError::Refused("idempotency_key_invalid".into()))?,
        };
        let request = request.build().customize().request_strategy(strategy);
        request.send(&self.0).await.map_err(error::classified)
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
