//! A completed ride → an open fare in the ledger.

use aws_sdk_dynamodb::Client;
use customer_accounting::{Ledger, OpenFare};
use messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start("customer-accounting").await;
    let [table] = function.settings([("LEDGER_TABLE_NAME", "the ledger")])?;
    let ledger = Ledger::new(Client::new(function.aws()), table);
    consumer::run(&function, OpenFare::new(ledger)).await
}
