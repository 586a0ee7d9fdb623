//! Publishes every order that is inserted into the Orders table.

use lambda_messaging::{
    Failure,
    batch::Results,
    outbox::{Outbox, Row},
    publisher::{Message, Publisher},
};

use crate::OrderPlaced;

/// The outbox that the Orders table's stream is.
#[derive(Debug)]
pub struct PublishOrders {
    topic: Publisher,
}

impl PublishOrders {
    /// Publishes to this topic.
    #[must_use]
    pub fn new(topic: Publisher) -> Self {
        Self { topic }
    }
}

impl Outbox for PublishOrders {
    type Publication = Message;

    fn read(&self, row: &Row) -> Result<Message, Failure> {
        let event = OrderPlaced::event(row)?;
        // Subscribers filter by it.
        Ok(Message::from_event(&event)?.number("total", &event.data.total))
    }

    async fn publish(&self, orders: Vec<Message>) -> Results {
        self.topic.publish(&orders).await
    }
}
