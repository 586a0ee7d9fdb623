//! Payment providers, which move the money. The service knows them by a trait only. A parameter of the template chooses a deployment's
//! provider.

mod configured;
mod reports;
mod simulated;
mod stripe;

use std::{fmt, future::Future};

use contracts::{CustomerId, Money, RideId};

pub use self::{
    configured::ConfiguredProvider,
    reports::{Cursor, ProviderReports, ReasonCode, Report, ReportId, ReportKind, ReportPage},
    simulated::{Simulated, SimulatedReports},
    stripe::{PaymentMethods, Stripe, StripeReports, StripeSetupError, stripe_key},
};

/// A payment to make. It contains no card data, which only the provider has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The fare, which is the provider's reference to us.
    pub fare: RideId,
    /// The customer who pays.
    pub customer: CustomerId,
    /// The amount.
    pub amount: Money,
}

/// The terms of a payment: the provider's references to the customer and the payment method, and the currency. They contain no card
/// data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The provider's id of the customer.
    pub customer: String,
    /// The provider's id of the customer's payment method.
    pub payment_method: String,
    /// The currency's code.
    pub currency: String,
}

/// The provider's own id of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentId(pub String);

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An idempotency key. The provider repeats its first answer to a call with a key that it knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// A provider's answer other than a success. The texts are codes and never contain personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// The provider refused the call, and would refuse it again.
    Refused(String),
    /// The provider failed, and has saved this error for the key: every call with the key gets it. The call has ended, and may or may
    /// not have had its effect. Only a call with another key can succeed.
    Spent(String),
    /// The provider gave no usable answer. The call may have had its effect, or may have it later. Repeating it with the same key is
    /// safe.
    Unavailable(String),
}

/// The outcome of a void.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voided {
    /// Nothing is reserved any more. Either this call released the amount, or an earlier one did.
    Released,
    /// The payment was captured, so only a refund can take it back. Nothing was changed.
    Captured,
}

/// A payment provider. Every call that moves money carries an idempotency key.
pub trait PaymentProvider {
    /// The terms on which the payment would be made now. This call moves no money.
    fn terms(&self, payment: &Payment) -> impl Future<Output = Result<Terms, ProviderError>>;

    /// Reserves the amount. All calls for a payment must have the same terms and the same key.
    fn authorize(
        &self,
        payment: &Payment,
        terms: &Terms,
        key: &IdempotencyKey,
    ) -> impl Future<Output = Result<PaymentId, ProviderError>>;

    /// Takes the reserved amount, or finds that an earlier call did.
    fn capture(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> impl Future<Output = Result<(), ProviderError>>;

    /// Releases the reserved amount, or finds that an earlier call did.
    fn void(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> impl Future<Output = Result<Voided, ProviderError>>;

    /// Gives the taken amount back, or finds that an earlier call did. It never gives it back twice, even with another key.
    fn refund(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> impl Future<Output = Result<(), ProviderError>>;

    /// The payment that was authorized for this fare on these terms, if there is one. It is looked up when the answer to an
    /// authorization was lost.
    fn find(
        &self,
        payment: &Payment,
        terms: &Terms,
    ) -> impl Future<Output = Result<Option<PaymentId>, ProviderError>>;
}
