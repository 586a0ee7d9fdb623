//! The Rides table's stream → the Ride Completion Topic.

use lambda_messaging::{Function, outbox, publisher::Publisher};
use unicorn_management::PublishRideCompletions;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(unicorn_management::SERVICE).await;
    let [topic] = function.settings([("RIDE_COMPLETION_TOPIC_ARN", "the topic for completed rides")])?;
    let topic = Publisher::new(aws_sdk_sns::Client::new(function.aws()), topic);
    outbox::run(outbox::handler(&function, PublishRideCompletions::new(topic))?).await
}
