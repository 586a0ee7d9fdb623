//! A large order → a voucher.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, consumer};
use orders::ThankCustomer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(orders::SERVICE).await;
    let [vouchers] = function.settings([("VOUCHERS_TABLE_NAME", "the table of vouchers")])?;
    let thank = ThankCustomer::new(Client::new(function.aws()), vouchers);
    consumer::run(consumer::events(&function, thank)?).await
}
