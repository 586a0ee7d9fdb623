//! A function that publishes an event.

use aws_sdk_sns::Client;
use lambda_messaging::{
    CorrelationId, Event, Failure, Function, Service,
    publisher::{Message, Publisher},
};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use library_features::Placed;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(Service::new("Benchmarks", "sns")).await;
    let [topic] = function.settings([("TOPIC_ARN", "a topic")])?;
    let publisher = Publisher::new(Client::new(function.aws()), topic);
    // Boxed, because the compiler's depth limit does not take the whole as one.
    let publish = async |placed: LambdaEvent<String>| Box::pin(publish(&publisher, placed.payload)).await;
    lambda_runtime::run(service_fn(publish)).await
}

async fn publish(publisher: &Publisher, placed: String) -> Result<(), Failure> {
    let correlation_id = CorrelationId::parse("benchmark")
        .map_err(|error| Failure::permanent("InvalidCorrelationId", error))?;
    let event = Event::new("/benchmarks", jiff::Timestamp::now(), correlation_id, Placed(placed));
    publisher.publish(&[Message::from_event(&event)?]).await.into_iter().collect()
}
