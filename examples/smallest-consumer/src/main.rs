//! Keeps the readings that arrive in a queue, each once.

use aws_sdk_dynamodb::Client;
use futures_util::future::join_all;
use lambda_messaging::consumer::{self, Message, MessageReceiver};
use lambda_messaging::{Effect, Failure, Function, Service, idempotent_write, item, json};

#[derive(serde::Deserialize)]
struct Reading {
    celsius: i32,
}

struct KeepReadings(Client, String);

impl KeepReadings {
    async fn keep(&self, message: &Message<'_>) -> Result<Effect, Failure> {
        let Reading { celsius } = json::read(message.body)?;
        let reading = item::new([("id", item::text(message.id)), ("celsius", item::number(celsius))]);
        Ok(idempotent_write::put(&self.0, &self.1, "id", reading).await?.into())
    }
}

impl MessageReceiver for KeepReadings {
    async fn receive_messages(&self, messages: &[Message<'_>]) -> Vec<Result<Effect, Failure>> {
        join_all(messages.iter().map(|message| self.keep(message))).await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Examples", "smallest-consumer")).await;
    let [table] = function.settings([("READINGS_TABLE_NAME", "the table of readings")])?;
    let readings = KeepReadings(Client::new(function.aws()), table);
    consumer::run(consumer::message_batches(&function, readings)?).await
}
