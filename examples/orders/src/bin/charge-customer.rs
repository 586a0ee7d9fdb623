//! A step of the fulfilment → a charge, or its refund.

use aws_sdk_dynamodb::Client;
use lambda_messaging::Function;
use lambda_runtime::service_fn;
use orders::ChargeCustomer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(orders::SERVICE).await;
    let [accounts] = function.settings([("ACCOUNTS_TABLE_NAME", "the table of accounts")])?;
    let charge = ChargeCustomer::new(Client::new(function.aws()), accounts);
    lambda_runtime::run(service_fn(|step| charge.handle(step))).await
}
