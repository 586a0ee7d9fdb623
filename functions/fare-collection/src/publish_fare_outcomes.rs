//! Publishes the outcome of each fare, from the Fares table's stream.

use contracts::{CustomerId, FareCollected, FareCollectionFailed, Money, RideId};
use lambda_messaging::{
    CorrelationId, Event, EventPayload, Failure, TraceParent,
    batch::Results,
    outbox::{Outbox, Row},
    publisher::{Message, Publisher},
};

use crate::SOURCE;

/// The outbox that the Fares table's stream is.
#[derive(Debug)]
pub struct PublishFareOutcomes {
    topic: Publisher,
}

/// The statuses that end a fare, and after which customers are told.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Collected,
    Failed,
}

impl PublishFareOutcomes {
    /// Publishes to this topic.
    #[must_use]
    pub fn new(topic: Publisher) -> Self {
        Self { topic }
    }
}

impl Outbox for PublishFareOutcomes {
    type Publication = Message;

    /// A fare ends by a change of its row. An operator who has a row published once more deletes it and writes it again.
    const CHANGES: &'static [&'static str] = &["INSERT", "MODIFY"];

    /// The template's filter lets only rows of these two statuses through. So another one is as wrong as a row without a status.
    fn read(&self, row: &Row) -> Result<Message, Failure> {
        let outcome = row.read("status", |status| match status {
            "COLLECTED" => Ok(Outcome::Collected),
            "FAILED" => Ok(Outcome::Failed),
            _ => Err(()),
        })?;
        let fare = row.read("fareId", RideId::parse)?;
        let customer = row.read("customer", CustomerId::parse)?;
        let amount = row.read("amount", Money::parse)?;
        match outcome {
            Outcome::Collected => {
                Message::from_event(&event(row, "collectedAt", FareCollected { fare, customer, amount })?)
            }
            Outcome::Failed => {
                let reason = row.read("reason", |reason| Ok::<_, Failure>(reason.to_owned()))?;
                let failed = FareCollectionFailed { fare, customer, amount, reason };
                Message::from_event(&event(row, "failedAt", failed)?)
            }
        }
    }

    async fn publish(&self, outcomes: Vec<Message>) -> Results {
        self.topic.publish(&outcomes).await
    }
}

/// The event has the time at which the fare first came to this end, because it must be the same each time it is published.
fn event<T: EventPayload>(row: &Row, time: &str, outcome: T) -> Result<Event<T>, Failure> {
    let (time, correlation_id) =
        (row.read(time, str::parse)?, row.read("correlationId", CorrelationId::parse)?);
    let mut event = Event::new(SOURCE, time, correlation_id, outcome);
    // A fare that was registered before the saga kept it has none.
    event.traceparent = row.text("traceparent").and_then(TraceParent::parse);
    Ok(event)
}

#[cfg(test)]
mod tests;
