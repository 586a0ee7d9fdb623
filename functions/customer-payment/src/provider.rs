//! Whoever moves the money. The service knows providers by this trait only; which one a deployment uses is a parameter
//! of its template.

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

/// What is to be paid, as a provider needs to know it. No card data: the provider has that on file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The fare, which is the provider's reference to us.
    pub fare: RideId,
    /// Who pays.
    pub customer: CustomerId,
    /// How much.
    pub amount: Money,
}

/// How a payment is asked for, beside what it is for: as whom the provider knows the customer, and what it takes the
/// money from. References only, no card data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The provider's id of the customer.
    pub customer: String,
    /// The provider's id of what the customer pays with.
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

/// By which the provider knows a call that it has seen before, and gives the first answer again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// Why a provider didn't do what it was asked. The texts are codes and never hold personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// It said no, and would say so again.
    Refused(String),
    /// It failed, and has saved that: it gives the same answer to this key from now on. The call is not under way any
    /// more, and may or may not have had its effect. Only a call with another key can end otherwise.
    Spent(String),
    /// It gave no usable answer: the call may or may not have had its effect, or have it yet. The same call with the same
    /// key is safe.
    Unavailable(String),
}

/// What a void found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voided {
    /// An authorization, or one that was void already; now there is none.
    Released,
    /// A payment that has been captured, which only a refund can take back. Nothing was changed.
    Captured,
}

/// A payment provider. Every call that moves money carries an idempotency key.
pub trait PaymentProvider {
    /// How the payment would be asked for now. The provider isn't asked for anything yet.
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

    /// Gives the taken amount back, or finds that an earlier call did: never twice, whatever the key.
    fn refund(
        &self,
        payment: &Payment,
        id: &PaymentId,
        key: &IdempotencyKey,
    ) -> impl Future<Output = Result<(), ProviderError>>;

    /// The payment that was authorized for this fare on these terms, if there is one: for when its answer never came.
    fn find(
        &self,
        payment: &Payment,
        terms: &Terms,
    ) -> impl Future<Output = Result<Option<PaymentId>, ProviderError>>;
}
