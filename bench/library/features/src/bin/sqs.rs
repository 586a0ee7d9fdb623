//! A consumer that makes nothing of its messages.

use lambda_messaging::{
    Effect, Function, Service,
    consumer::{self, Message},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Benchmarks", "sqs")).await;
    consumer::run(consumer::messages(&function, async |_: Message<'_>| Ok(Effect::Made))?).await
}
