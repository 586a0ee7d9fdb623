//! Customer Accounting keeps the ledger: what every fare is, and what became of it. It has every fare collected, and
//! takes part in that saga.

#[cfg(test)]
mod bad_input;
mod collection;
mod credit_account;
mod ledger;
mod open_fare;

pub use collection::FareCollection;
pub use credit_account::CreditAccount;
pub use ledger::Ledger;
pub use open_fare::OpenFare;
