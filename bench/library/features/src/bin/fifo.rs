//! A consumer of a FIFO queue that makes nothing of its events.

use lambda_messaging::{
    Effect, Event, EventPayload, Failure, Function, Service,
    consumer::{self, Receiver},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Moved(String);

impl EventPayload for Moved {
    const TYPE: &'static str = "Moved";

    fn id(&self) -> String {
        self.0.clone()
    }

    fn subject(&self) -> String {
        self.0.clone()
    }
}

struct Ignore;

impl Receiver for Ignore {
    type Payload = Moved;

    async fn receive(&self, _: Event<Moved>) -> Result<Effect, Failure> {
        Ok(Effect::Made)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Benchmarks", "fifo")).await;
    consumer::run(consumer::events_in_order(&function, Ignore)?).await
}
