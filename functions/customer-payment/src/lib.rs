//! Customer Payment takes a fare from the customer, or gives it back, through a payment provider. It is a participant of the fare
//! collection saga: it receives requests from a FIFO queue, which keeps each customer's requests in their order, and answers the saga
//! by the task token of each request. On a schedule it reconciles its records with the provider's later reports.

#[cfg(test)]
mod bad_input;
mod payments;
mod process_payment;
pub mod provider;
mod reconcile_payments;
mod request;
mod review;
mod saga;
#[cfg(test)]
mod schema;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use payments::Payments;
pub use process_payment::ProcessPayment;
pub use reconcile_payments::{ReconcilePayments, Reconciled};
pub use request::{Operation, PaymentRequested};
pub use review::Review;
pub use saga::Saga;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "customer-payment");
