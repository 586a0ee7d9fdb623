//! A step of the fare collection saga → a credit in the ledger, or its reversal.

use aws_sdk_dynamodb::Client;
use customer_accounting::{CreditAccount, Ledger};
use lambda_messaging::Function;
use lambda_runtime::service_fn;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_accounting::SERVICE).await;
    let [table, refused] = function.settings([
        ("LEDGER_TABLE_NAME", "the ledger"),
        (
            "REFUSED_CUSTOMER_SUFFIX",
            "the end of the ids of customers whose credit is refused, for demonstrations",
        ),
    ])?;
    let credit = CreditAccount::new(Ledger::new(Client::new(function.aws()), table), refused);
    lambda_runtime::run(service_fn(|event| credit.handle(event))).await
}
