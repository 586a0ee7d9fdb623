//! A consumer of a FIFO queue that makes nothing of its events.

use lambda_messaging::{
    Effect, Event, Failure, Function, Service,
    consumer::{self, Receiver},
};
use library_features::Placed;

struct Ignore;

impl Receiver for Ignore {
    type Payload = Placed;

    async fn receive(&self, _: Event<Placed>) -> Result<Effect, Failure> {
        Ok(Effect::Made)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Benchmarks", "fifo")).await;
    consumer::run(consumer::events_in_order(&function, Ignore)?).await
}
