//! Customer Accounting keeps the ledger: what every fare is, and what became of it.

mod ledger;
mod open_fare;

pub use ledger::Ledger;
pub use open_fare::OpenFare;
