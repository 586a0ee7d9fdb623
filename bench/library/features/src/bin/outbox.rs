//! An outbox that publishes the key of every row.

use aws_sdk_sns::Client;
use lambda_messaging::{
    CorrelationId, Event, Failure, Function, Service,
    batch::Results,
    outbox::{self, Outbox, Row},
    publisher::{Message, Publisher},
};
use library_features::Placed;

struct Orders(Publisher);

impl Outbox for Orders {
    type Publication = Message;

    fn read(&self, row: &Row) -> Result<Message, Failure> {
        let order = Placed(row.read("order", |order| Ok::<_, Failure>(order.to_owned()))?);
        let correlation_id = row.read("correlationId", CorrelationId::parse)?;
        Message::from_event(&Event::new(
            "/benchmarks",
            row.read("placedAt", str::parse)?,
            correlation_id,
            order,
        ))
    }

    async fn publish(&self, messages: Vec<Message>) -> Results {
        self.0.publish(&messages).await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Benchmarks", "outbox")).await;
    let [topic] = function.settings([("TOPIC_ARN", "a topic")])?;
    let orders = Orders(Publisher::new(Client::new(function.aws()), topic));
    outbox::run(outbox::handler(&function, orders)?).await
}
