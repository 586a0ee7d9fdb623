//! A consumer of a stream that makes nothing of its records.

use lambda_messaging::{
    Effect, Failure, Function, Service,
    stream::{self, Receiver, Record},
};

struct Ignore;

impl Receiver<Record> for Ignore {
    async fn receive(&self, _: &Record) -> Result<Effect, Failure> {
        Ok(Effect::Made)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Benchmarks", "streams")).await;
    stream::run(stream::kinesis(&function, Ignore)?).await
}
