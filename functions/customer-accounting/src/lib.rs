//! Customer Accounting keeps the ledger of fares. It starts the collection of every fare, and takes part in that saga.

#[cfg(test)]
mod bad_input;
mod collection;
mod credit_account;
mod ledger;
mod open_fare;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use collection::FareCollection;
pub use credit_account::CreditAccount;
pub use ledger::Ledger;
pub use open_fare::OpenFare;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "customer-accounting");
