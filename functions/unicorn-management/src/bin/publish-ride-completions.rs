//! The Rides table's stream → the Ride Completion Topic.

use lambda_runtime::service_fn;
use messaging::{Function, publisher::Publisher};
use unicorn_management::PublishRideCompletions;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start("unicorn-management").await;
    let [topic, dlq] = function.settings([
        ("RIDE_COMPLETION_TOPIC_ARN", "where completed rides are published"),
        ("DEAD_LETTER_QUEUE_URL", "where rows go that can't be published"),
    ])?;
    let topic = Publisher::new(aws_sdk_sns::Client::new(function.aws()), topic);
    let publish = PublishRideCompletions::new(topic, aws_sdk_sqs::Client::new(function.aws()), dlq);
    lambda_runtime::run(service_fn(|event| publish.handle(event))).await
}
