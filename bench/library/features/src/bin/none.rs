//! A function without a feature: logs, settings, the envelope.

use lambda_messaging::{Failure, Function, Service, json};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(Service::new("Benchmarks", "none")).await;
    let [_] = function.settings([("NAME", "a name")])?;
    let read = async |event: LambdaEvent<String>| {
        let number: u64 = json::read(&event.payload)?;
        Ok::<_, Failure>(number)
    };
    lambda_runtime::run(service_fn(read)).await
}
