//! `POST /orders`

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, api, idempotency_key::KeyedTable};
use orders::PlaceOrder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(orders::SERVICE).await;
    let [orders, keys] = function.settings([
        ("ORDERS_TABLE_NAME", "the table of orders"),
        ("ORDER_KEYS_TABLE_NAME", "the table of orders by idempotency key"),
    ])?;
    let place = PlaceOrder::new(KeyedTable::new(Client::new(function.aws()), orders, keys));
    api::run(async |request| place.handle(&request).await).await
}
