//! A batch whose effects are written together.

use aws_sdk_dynamodb::Client;
use tracing::Instrument;

use super::{
    EntryReceiver,
    answers::Answers,
    delivery::Delivery,
    handler::{AllSettled, Handler},
    work::Work,
};
use crate::{
    Event, Failure,
    handling::catch_panic,
    joined_write::{self, Entry, Planned},
};

/// Makes the entry of each event, and writes all of a batch together. A message that has failed before is written by itself: if it made
/// the call of a whole batch fail, it costs the others one attempt, and no second one.
pub(super) struct Joined<R> {
    pub receiver: R,
    pub client: Client,
}

impl<R: EntryReceiver> Joined<R> {
    /// The entry of a message. A malformed message fails alone, and so does one whose entry panics.
    async fn entry(&self, delivery: &Delivery) -> Result<Entry, Failure> {
        let entry = async { self.receiver.entry(Event::parse(&delivery.body)?) };
        catch_panic(entry).instrument(delivery.span()).await.unwrap_or_else(Err)
    }

    async fn write(&self, deliveries: &[&Delivery], answers: &Answers) {
        let mut entries = Vec::with_capacity(deliveries.len());
        for (n, delivery) in deliveries.iter().enumerate() {
            match self.entry(delivery).await {
                Ok(entry) => entries.push((n, entry, delivery.past.attempts > 0)),
                Err(failure) => answers.give(n, Err(failure)),
            }
        }
        let planned = entries.iter().map(|(n, entry, alone)| Planned { n: *n, entry, alone: *alone });
        joined_write::write(&self.client, planned, |n, result| answers.give(n, result)).await;
    }
}

impl<R: EntryReceiver> Handler for Joined<R> {
    async fn handle<'a>(&self, work: &Work<'_>, deliveries: &[&'a Delivery]) -> AllSettled<'a> {
        let handling =
            async |deliveries: &[&Delivery], answers: &Answers| self.write(deliveries, answers).await;
        let settled = work.attempt_all(deliveries, handling).await;
        deliveries.iter().copied().zip(settled).collect()
    }
}
