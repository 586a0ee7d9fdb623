//! The receivers that a consumer calls.

use aws_lambda_events::sqs::SqsMessageAttribute;
use jiff::Timestamp;
use serde_json::value::RawValue;

use crate::{Effect, Event, Failure, IncomingPayload};

/// Handles one event at a time. An event may come twice, late or out of order, so `receive` must be idempotent.
pub trait Receiver {
    /// The type of event that the receiver handles.
    type Payload: IncomingPayload;

    /// Makes the event's effect, once for all deliveries of the event.
    fn receive(&self, event: Event<Self::Payload>) -> impl Future<Output = Result<Effect, Failure>>;
}

/// Handles a batch of events of any type as a whole. It must be idempotent, like a [`Receiver`].
pub trait BatchReceiver {
    /// Makes the events' effects; returns a result for each event, in their order.
    fn receive_batch(&self, events: Vec<AnyEvent>) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// Handles a batch of messages that are not events, such as those of an external system. It must be idempotent, like a [`Receiver`].
pub trait MessageReceiver {
    /// Makes the messages' effects; returns a result for each message, in their order.
    fn receive_messages(
        &self,
        messages: &[Message<'_>],
    ) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// A message as its sender wrote it.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The id that the queue gave the message and returned to its sender. It is the same for every delivery.
    pub id: &'a str,
    /// The time when the message was put into the queue. It is the same for every delivery, so a decision that depends on it comes out
    /// the same each time.
    pub sent_at: Timestamp,
    /// The body.
    pub body: &'a str,
    attributes: &'a [(String, SqsMessageAttribute)],
}

impl<'a> Message<'a> {
    /// The string attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, attribute) = self.attributes.iter().find(|(given, _)| given == name)?;
        attribute.string_value.as_deref()
    }

    /// A message.
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

/// An event of any type, with its data as JSON text.
pub type AnyEvent = Event<Box<RawValue>>;
