//! A function that counts its invocations.

use lambda_messaging::{Effect, Function, Service, metrics::Metrics};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

const SERVICE: Service = Service::new("Benchmarks", "metrics");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Function::start(SERVICE).await;
    let count = async |_: LambdaEvent<Value>| {
        let mut metrics = Metrics::new(SERVICE);
        metrics.count(Ok(Effect::Made), None);
        metrics.emit();
        Ok::<_, Error>(())
    };
    lambda_runtime::run(service_fn(count)).await
}
