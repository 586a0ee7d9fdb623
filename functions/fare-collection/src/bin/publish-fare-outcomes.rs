//! The Fares table's stream → the Fare Collection Topic.

use fare_collection::PublishFareOutcomes;
use lambda_messaging::{Function, outbox, publisher::Publisher};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(fare_collection::SERVICE).await;
    let [topic] =
        function.settings([("FARE_COLLECTION_TOPIC_ARN", "the topic for the outcomes of fares")])?;
    let topic = Publisher::new(aws_sdk_sns::Client::new(function.aws()), topic);
    outbox::run(outbox::handler(&function, PublishFareOutcomes::new(topic))?).await
}
