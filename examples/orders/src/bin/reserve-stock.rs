//! An order → a reservation, and its fulfilment under way.

use lambda_messaging::{Function, consumer};
use orders::ReserveStock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(orders::SERVICE).await;
    let [reservations, fulfilment] = function.settings([
        ("RESERVATIONS_TABLE_NAME", "the table of reservations"),
        ("FULFILMENT_ARN", "the state machine that fulfils orders"),
    ])?;
    let dynamodb = aws_sdk_dynamodb::Client::new(function.aws());
    let sfn = aws_sdk_sfn::Client::new(function.aws());
    let reserve = ReserveStock::new((dynamodb, reservations), (sfn, fulfilment));
    consumer::run(consumer::events(&function, reserve)?).await
}
