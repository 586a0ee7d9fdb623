//! Keeps the readings that arrive in a queue, each once.

use lambda_messaging::{Function, Service, consumer, consumer::Message, idempotent_write, item, json};

#[derive(serde::Deserialize)]
struct Reading {
    celsius: i32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Examples", "smallest-consumer")).await;
    let [table] = function.settings([("READINGS_TABLE_NAME", "the table of readings")])?;
    let client = aws_sdk_dynamodb::Client::new(function.aws());
    let keep = async |message: Message<'_>| {
        let Reading { celsius } = json::read(message.body)?;
        let reading = item::new([("id", item::text(message.id)), ("celsius", item::number(celsius))]);
        Ok(idempotent_write::put(&client, &table, "id", reading).await?.into())
    };
    consumer::run(consumer::messages(&function, keep)?).await
}
