//! The Rfqs table's stream → the Request For Quotes Topic, and the deadlines into the response queue.

use lambda_messaging::{Function, outbox, publisher::Publisher};
use ride_booking::PublishInstantRideRfqs;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [topic, responses] = function.settings([
        ("REQUEST_FOR_QUOTES_TOPIC_ARN", "the topic that herds subscribe to"),
        ("RFQ_RESPONSE_QUEUE_URL", "the queue for the herds' answers"),
    ])?;
    let topic = Publisher::new(aws_sdk_sns::Client::new(function.aws()), topic);
    let sqs = aws_sdk_sqs::Client::new(function.aws());
    outbox::run(outbox::handler(&function, PublishInstantRideRfqs::new(topic, sqs, responses))?).await
}
