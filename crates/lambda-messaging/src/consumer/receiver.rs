//! The receivers that a consumer calls.

use aws_lambda_events::sqs::SqsMessageAttribute;
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::{Effect, Event, Failure, IncomingPayload};

/// Handles one event at a time. Each may come twice, late, or out of order: `receive` is idempotent.
pub trait Receiver {
    /// The kind of event that it is for.
    type Payload: IncomingPayload;

    /// Makes the event's effect, once however often the event comes.
    fn receive(&self, event: Event<Self::Payload>) -> impl Future<Output = Result<Effect, Failure>>;
}

/// Handles a batch of events of any kind as a whole. Idempotent, like [`Receiver`].
pub trait BatchReceiver {
    /// Makes the events' effects; gives what each event came to, in their order.
    fn receive_batch(&self, events: Vec<AnyEvent>) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// Handles a batch of messages that are no events: their bodies are what a system outside wrote.
/// Idempotent, like [`Receiver`].
pub trait MessageReceiver {
    /// Makes the messages' effects; gives what each message came to, in their order.
    fn receive_messages(
        &self,
        messages: &[Message<'_>],
    ) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// A message as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The id that the queue gave it, and that its sender was told. The same for every delivery.
    pub id: &'a str,
    /// When it was put into the queue. The same for every delivery, so what is judged by it is judged alike each time.
    pub sent_at: Timestamp,
    /// The body, as it was sent.
    pub body: &'a str,
    attributes: &'a [(String, SqsMessageAttribute)],
}

impl<'a> Message<'a> {
    /// A string that was sent along.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, attribute) = self.attributes.iter().find(|(given, _)| given == name)?;
        attribute.string_value.as_deref()
    }

    /// A message of this id, sent then.
    #[must_use]
    pub fn new(
        id: &'a str,
        sent_at: Timestamp,
        body: &'a str,
        attributes: &'a [(String, SqsMessageAttribute)],
    ) -> Self {
        Self { id, sent_at, body, attributes }
    }
}

/// An event whose data is left as it was written.
pub type AnyEvent = Event<Box<RawValue>>;
