//! The Orders table's stream → the topic.

use aws_sdk_sns::Client;
use lambda_messaging::{Function, outbox, publisher::Publisher};
use orders::PublishOrders;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(orders::SERVICE).await;
    let [topic] = function.settings([("ORDERS_TOPIC_ARN", "the topic for orders")])?;
    let topic = Publisher::new(Client::new(function.aws()), topic);
    outbox::run(outbox::handler(&function, PublishOrders::new(topic))?).await
}
