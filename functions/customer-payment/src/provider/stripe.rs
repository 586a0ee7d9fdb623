//! Stripe's payment intents: one intent per fare, confirmed at once on the card that the customer has on file, and
//! captured later.
//!
//! Every step may come twice. Stripe repeats its first answer to a key for at least 24 hours, even if that answer was an error of its
//! own: only a call with another key can succeed then. With another key, or after that time, a repeated capture, void or refund does
//! no harm, because it finds the effect of the first one. A repeated authorization would be a second one, so an old one must be looked
//! up with `find`.

mod answer;
mod api;
mod currency;
mod error;
mod key;
mod payment_methods;
mod reports;
#[cfg(test)]
mod tests;
mod transport;

use std::{fmt, future::Future, time::Duration};

use stripe_core::{
    PaymentIntentAllowedPaymentMethodTypes, PaymentIntentCaptureMethod,
    payment_intent::{
        CapturePaymentIntent, CreatePaymentIntent, CreatePaymentIntentOffSession, ListPaymentIntent,
    },
    refund::CreateRefund,
};
use stripe_types::Currency;

use self::{
    answer::{Intent, List, MadeRefund, Status},
    api::Api,
    payment_methods::OnFile,
};
pub use self::{
    error::StripeSetupError, key::stripe_key, payment_methods::PaymentMethods, reports::StripeReports,
};
use super::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, Terms, Voided};

/// The time limit of one operation. A step may need three operations in a row: see [`ProcessPayment`].
///
/// [`ProcessPayment`]: crate::ProcessPayment
const DEADLINE: Duration = Duration::from_secs(6);

/// Takes the place of the ids for a fare of 0.00, for which Stripe makes no payment.
const FREE: &str = "free";

/// The key of an intent's metadata that names its fare.
const FARE: &str = "fare";

/// Stripe as payment provider. It takes cards only: an amount can be reserved on a card and captured later, without the customer.
pub struct Stripe {
    api: Api,
    currency: Currency,
    payment_methods: PaymentMethods,
    deadline: Duration,
}

impl Stripe {
    /// Stripe, for the account of this secret key.
    ///
    /// # Errors
    ///
    /// If the secret is not a secret key, or if Stripe doesn't count the currency (a three-letter code) in hundredths.
    pub fn new(
        secret: &str,
        currency: &str,
        payment_methods: PaymentMethods,
    ) -> Result<Self, StripeSetupError> {
        Self::of(Api::new(secret, None)?, currency, payment_methods)
    }

    /// A server at this base URL instead of Stripe.
    ///
    /// # Errors
    ///
    /// As [`Stripe::new`], and if the URL is invalid.
    pub fn at(
        url: &str,
        secret: &str,
        currency: &str,
        payment_methods: PaymentMethods,
    ) -> Result<Self, StripeSetupError> {
        Self::of(Api::new(secret, Some(url))?, currency, payment_methods)
    }

    fn of(api: Api, currency: &str, payment_methods: PaymentMethods) -> Result<Self, StripeSetupError> {
        let currency = currency::in_hundredths(currency)?;
        Ok(Self { api, currency, payment_methods, deadline: DEADLINE })
    }

    async fn in_time<T>(
        &self,
        step: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let ended = tokio::time::timeout(self.deadline, step).await;
        ended.unwrap_or_else(|_| Err(ProviderError::Unavailable("timed_out".into())))
    }
}

impl PaymentProvider for Stripe {
    async fn terms(&self, payment: &Payment) -> Result<Terms, ProviderError> {
        let currency = self.currency.to_string();
        if amount(payment)?.is_none() {
            return Ok(Terms { customer: FREE.into(), payment_method: FREE.into(), currency });
        }
        self.in_time(async {
            let OnFile { customer, payment_method } = self.payment_methods.of(&payment.customer).await?;
            Ok(Terms { customer, payment_method, currency })
        })
        .await
    }

    async fn authorize(
        &self,
        payment: &Payment,
        terms: &Terms,
        key: &IdempotencyKey,
    ) -> Result<PaymentId, ProviderError> {
        let Some(amount) = amount(payment)? else { return Ok(PaymentId(FREE.into())) };
        self.in_time(async {
            let Ok(currency) = terms.currency.parse::<Currency>();
            let create = CreatePaymentIntent::new(amount, currency)
                .customer(terms.customer.as_str())
                .payment_method(terms.payment_method.as_str())
                // Without this the account's settings apply, and Stripe requires a `return_url` for methods with a redirect.
                .allowed_payment_method_types([PaymentIntentAllowedPaymentMethodTypes::Card])
                .capture_method(PaymentIntentCaptureMethod::Manual)
                .confirm(true)
                .off_session(CreatePaymentIntentOffSession::Bool(true))
                .metadata([(FARE.to_owned(), payment.fare.to_string())]);
            // Boxed, because it has hundreds of fields.
            let create = Box::new(create);
            let intent: Intent = self.api.send(&*create, Some(key)).await?;
            match intent.status() {
                Status::RequiresCapture => Ok(PaymentId(intent.id)),
                Status::HoldsNothing | Status::Canceled => {
                    // The intent is canceled so that it doesn't stay open at Stripe. A failure does no harm, nor does an answer without
                    // an intent, which Stripe gives to a declined card. An intent in such a status holds no money, and changing
                    // that takes our key, or the intent's client secret, which we give to no one.
                    let _ = self.api.cancel(&intent.id, None).await;
                    Err(ProviderError::Refused(intent.status))
                }
                // Money may be reserved now or later, so this is no refusal.
                Status::Succeeded | Status::Undecided => Err(ProviderError::Unavailable(intent.status)),
            }
        })
        .await
    }

    async fn capture(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> Result<(), ProviderError> {
        if amount(payment)?.is_none() {
            return Ok(());
        }
        self.in_time(async {
            let capture = CapturePaymentIntent::new(id.0.as_str());
            match self.api.send::<Intent>(&capture, Some(key)).await {
                Ok(intent) if intent.status() == Status::Succeeded => Ok(()),
                Ok(intent) => Err(ProviderError::Unavailable(intent.status)),
                // Stripe refuses to capture twice.
                Err(refused @ ProviderError::Refused(_)) => match self.api.status(id).await? {
                    Status::Succeeded => Ok(()),
                    _ => Err(refused),
                },
                Err(unavailable) => Err(unavailable),
            }
        })
        .await
    }

    async fn void(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> Result<Voided, ProviderError> {
        if amount(payment)?.is_none() {
            return Ok(Voided::Released);
        }
        self.in_time(async {
            match self.api.cancel(&id.0, Some(key)).await {
                Ok(_) => Ok(Voided::Released),
                // Stripe refuses to cancel an intent that is canceled or captured.
                Err(refused @ ProviderError::Refused(_)) => match self.api.status(id).await? {
                    Status::Canceled => Ok(Voided::Released),
                    Status::Succeeded => Ok(Voided::Captured),
                    Status::Undecided => Err(ProviderError::Unavailable("processing".into())),
                    Status::RequiresCapture | Status::HoldsNothing => Err(refused),
                },
                Err(unavailable) => Err(unavailable),
            }
        })
        .await
    }

    async fn refund(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> Result<(), ProviderError> {
        if amount(payment)?.is_none() {
            return Ok(());
        }
        self.in_time(async {
            // Stripe forgets a key after a day, but never a refund.
            if reports::is_refunded(&self.api, payment, id).await? {
                return Ok(());
            }
            // Without an amount Stripe refunds all that isn't refunded yet: a part may have been refunded by hand.
            let create = CreateRefund::new().payment_intent(id.0.as_str());
            match self.api.send::<MadeRefund>(&create, Some(key)).await {
                Ok(refund) if refund.failed() => Err(ProviderError::Refused("refund_failed".into())),
                Ok(_) => Ok(()),
                Err(ProviderError::Refused(code)) if code == "charge_already_refunded" => Ok(()),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Lists the customer's intents instead of searching for the fare: Stripe's search finds an intent a minute after it was made, or
    /// later, and the saga can't wait for so long. The newest hundred are enough, because no customer takes a hundred rides between a
    /// payment and its compensation.
    ///
    /// Intents that hold no money (declined, abandoned, canceled) are not authorizations.
    async fn find(&self, payment: &Payment, terms: &Terms) -> Result<Option<PaymentId>, ProviderError> {
        if amount(payment)?.is_none() {
            return Ok(None);
        }
        self.in_time(async {
            let list = ListPaymentIntent::new().customer(terms.customer.as_str()).limit(100);
            let intents: List<Intent> = self.api.send(&list, None).await?;
            let fare = payment.fare.to_string();
            for intent in intents.data {
                if intent.metadata.get(FARE) == Some(&fare) {
                    match intent.status() {
                        Status::RequiresCapture | Status::Succeeded => return Ok(Some(PaymentId(intent.id))),
                        Status::Undecided => return Err(ProviderError::Unavailable(intent.status)),
                        Status::HoldsNothing | Status::Canceled => {}
                    }
                }
            }
            Ok(None)
        })
        .await
    }
}

/// Shows neither the key nor anything about customers.
impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripe").field("currency", &self.currency).finish_non_exhaustive()
    }
}

/// The amount that Stripe takes; `None` for 0.00.
fn amount(payment: &Payment) -> Result<Option<i64>, ProviderError> {
    match i64::try_from(payment.amount.minor_units()) {
        Ok(0) => Ok(None),
        Ok(amount) => Ok(Some(amount)),
        Err(_) => Err(ProviderError::Refused("amount_too_large".into())),
    }
}
