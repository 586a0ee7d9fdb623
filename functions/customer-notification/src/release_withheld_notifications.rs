//! Releases withheld events when their customer gets an address: they go back into the queue, and are handled like new ones.

use std::time::Duration;

use aws_sdk_sqs::Client;
use contracts::CustomerId;
use jiff::Timestamp;
use lambda_messaging::{
    Failure,
    batch::Results,
    outbox::{Outbox, Row},
};
use tokio::time::{Instant, timeout_at};
use tracing::info;

use crate::{Withheld, withheld::WithheldEvent};

/// The time limit of a batch of the stream. Events that were released by then are not released again.
const WORKED_ON_FOR: Duration = Duration::from_secs(9);

/// The consumer of the Contacts table's stream. It sends no e-mails itself, because only the path through the queue sends each at most
/// once.
#[derive(Debug)]
pub struct ReleaseWithheldNotifications {
    withheld: Withheld,
    sqs: Client,
    queue_url: String,
}

impl ReleaseWithheldNotifications {
    /// Releases the events in this table into this queue, which they came from.
    #[must_use]
    pub fn new(withheld: Withheld, sqs: Client, queue_url: String) -> Self {
        Self { withheld, sqs, queue_url }
    }

    /// Sends each event before it is deleted. A crash in between sends it again, and the receiver recognizes the duplicate.
    async fn release(&self, customer: &CustomerId) -> Result<(), Failure> {
        let send = async |event: &WithheldEvent| self.send(event).await;
        self.withheld.release_each(customer, Timestamp::now(), send).await
    }

    async fn send(&self, event: &WithheldEvent) -> Result<(), Failure> {
        let send = self.sqs.send_message().queue_url(&self.queue_url).message_body(event.body()?);
        send.send().await.map_err(|error| Failure::aws("sqs:SendMessage", &error))?;
        let [event_id, correlation_id] = event.ids();
        info!(event_id, correlation_id, "released");
        Ok(())
    }
}

impl Outbox for ReleaseWithheldNotifications {
    type Publication = CustomerId;

    /// Removing an address releases nothing.
    const CHANGES: &'static [&'static str] = &["INSERT", "MODIFY"];

    fn read(&self, row: &Row) -> Result<CustomerId, Failure> {
        row.read("customer", CustomerId::parse)
    }

    async fn publish(&self, customers: Vec<CustomerId>) -> Results {
        let until = Instant::now() + WORKED_ON_FOR;
        let mut results = Results::new();
        for customer in &customers {
            let released =
                timeout_at(until, self.release(customer)).await.unwrap_or_else(|_| Err(out_of_time()));
            let is_in_trouble = released.as_ref().is_err_and(Failure::is_retryable);
            results.push(released);
            if is_in_trouble {
                break;
            }
        }
        results
    }
}

fn out_of_time() -> Failure {
    Failure::transient("OutOfTime", "too little time was left to release all withheld events")
}

#[cfg(test)]
mod tests;
