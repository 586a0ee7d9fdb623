//! An event `{{event}}` → one record, however often the event comes.

use std::error::Error;

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Effect, Event, EventPayload, Failure, Function, Service,
    consumer::{self, Receiver},
    idempotent_write,
    item::{self, number, text},
};
use serde::Deserialize;

/// This service in metrics (the namespace), logs and dead letters.
const SERVICE: Service = Service::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_NAME"));

/// The data of an event. Unknown fields are ignored; a missing or malformed one makes the message a dead letter.
#[derive(Debug, Deserialize)]
struct {{event}} {
    id: String,
    amount: u32,
}

impl EventPayload for {{event}} {
    const TYPE: &'static str = "{{event}}";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn subject(&self) -> String {
        self.id.clone()
    }
}

/// Records events in a table.
struct Record {
    client: Client,
    table: String,
}

impl Receiver for Record {
    type Payload = {{event}};

    async fn receive(&self, event: Event<Self::Payload>) -> Result<Effect, Failure> {
        if event.data.amount == 0 {
            // No retry helps, so the message becomes a dead letter at once.
            return Err(Failure::permanent("NoAmount", "an amount must be at least 1"));
        }
        // The effect and its guard are one write, so a crash can't come between them.
        let effect = item::new([("id", text(&event.id)), ("amount", number(event.data.amount))]);
        Ok(idempotent_write::put(&self.client, &self.table, "id", effect).await?.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let function = Function::start(SERVICE).await;
    let [table] = function.settings([("EFFECTS_TABLE_NAME", "the table of recorded events")])?;
    let record = Record { client: Client::new(function.aws()), table };
    consumer::run(consumer::events(&function, record)?).await
}

#[cfg(test)]
mod tests;
