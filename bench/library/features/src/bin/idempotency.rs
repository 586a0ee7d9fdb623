//! A function that puts what it is given into a table, once.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Function, Service, idempotent_write,
    item::{self, text},
};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(Service::new("Benchmarks", "idempotency")).await;
    let [table] = function.settings([("TABLE_NAME", "a table")])?;
    let client = Client::new(function.aws());
    let put = async |event: LambdaEvent<Value>| {
        let row = item::new([("id", text(event.payload))]);
        idempotent_write::put(&client, &table, "id", row).await.map(drop)
    };
    lambda_runtime::run(service_fn(put)).await
}
