//! Receives submissions from their queue: checks, stores and publishes each.

use contracts::PrebookingRejected;
use futures_util::future::join_all;
use lambda_messaging::{
    Effect, Event, EventPayload, Failure, Fault,
    consumer::{Message, MessageReceiver},
    publisher::{self, Publisher},
};
use serde::Serialize;

use super::{Prebookings, bookings::Stored, submission::Submission};
use crate::SOURCE;

/// The receiver of submissions.
#[derive(Debug)]
pub struct SubmitRidePrebooking {
    bookings: Prebookings,
    topic: Publisher,
}

impl SubmitRidePrebooking {
    /// Stores bookings in this table, and publishes them on this topic.
    #[must_use]
    pub fn new(bookings: Prebookings, topic: Publisher) -> Self {
        Self { bookings, topic }
    }

    /// Stores a submission; returns the event that announces it.
    async fn store(&self, message: &Message<'_>) -> Result<(publisher::Message, Effect), Failure> {
        let mut submission = Submission::read(message)?;
        let effect = match self.bookings.submit(&submission).await? {
            Stored::Own(written) => written.into(),
            Stored::Repetition(first) => {
                submission = submission.repeating(first, message.body);
                Effect::Nothing("it repeats an earlier request")
            }
            Stored::KeyConflict => {
                let rule = "was used before with another prebooking".to_owned();
                submission.reject(Fault { field: "Idempotency-Key".to_owned(), rule });
                submission.key = None;
                match self.bookings.submit(&submission).await? {
                    Stored::Own(written) => written.into(),
                    Stored::Repetition(_) | Stored::KeyConflict => Effect::Duplicate,
                }
            }
        };
        Ok((announcement(&submission)?, effect))
    }
}

impl MessageReceiver for SubmitRidePrebooking {
    /// Stores a submission before it publishes the event, and leaves the message in the queue until the event is published. After a crash
    /// in between, the message comes again, finds its booking, and the event is published under the same id. A repeated request is
    /// published again too, because the first message may be a dead letter by now.
    async fn receive_messages(&self, messages: &[Message<'_>]) -> Vec<Result<Effect, Failure>> {
        let stored = join_all(messages.iter().map(|message| self.store(message))).await;
        let events: Vec<_> = stored.iter().flatten().map(|(event, _)| event.clone()).collect();
        let mut published = self.topic.publish(&events).await.into_iter();
        let mut settle = |effect| published.next().unwrap_or_else(unanswered).map(|()| effect);
        stored.into_iter().map(|stored| stored.and_then(|(_, effect)| settle(effect))).collect()
    }
}

fn unanswered() -> Result<(), Failure> {
    Err(Failure::transient("Unanswered", "the topic gave no result for this event"))
}

/// The event of a submission. A repetition publishes the same event, except for a step of its trace.
fn announcement(submission: &Submission) -> Result<publisher::Message, Failure> {
    match submission.asked.clone() {
        Ok(prebooking) => message(submission, prebooking.into_event(submission.id)),
        Err(reasons) => message(submission, PrebookingRejected { prebooking: submission.id, reasons }),
    }
}

fn message<T: EventPayload + Serialize>(
    submission: &Submission,
    data: T,
) -> Result<publisher::Message, Failure> {
    let mut event = Event::new(SOURCE, submission.accepted_at, submission.correlation_id.clone(), data);
    event.traceparent = Some(submission.trace_parent);
    publisher::Message::from_event(&event)
}

#[cfg(test)]
mod tests;
