//! The receivers that a consumer calls.

use aws_lambda_events::sqs::SqsMessageAttribute;
use jiff::Timestamp;
use serde_json::value::RawValue;

#[cfg(feature = "idempotency")]
use crate::joined_write::Entry;
use crate::{Effect, Event, Failure, IncomingPayload};

/// Handles one event at a time. An event may come twice, late or out of order, so `receive` must be idempotent.
///
/// ```
/// use lambda_messaging::{Effect, Event, EventPayload, Failure, consumer::Receiver};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct OrderPlaced {
///     order: String,
///     weight: u32,
/// }
/// # impl EventPayload for OrderPlaced {
/// #     const TYPE: &'static str = "OrderPlaced";
/// #     fn id(&self) -> String { self.order.clone() }
/// #     fn subject(&self) -> String { self.order.clone() }
/// # }
///
/// struct Shipping;
///
/// impl Receiver for Shipping {
///     type Payload = OrderPlaced;
///
///     async fn receive(&self, event: Event<OrderPlaced>) -> Result<Effect, Failure> {
///         match event.data.weight {
///             0 => Ok(Effect::Nothing("a download needs no parcel")),
///             ..=30_000 => Ok(Effect::Made),
///             _ => Err(Failure::permanent("TooHeavy", "no carrier takes more than 30 kg")),
///         }
///     }
/// }
/// ```
pub trait Receiver {
    /// The type of event that the receiver handles.
    type Payload: IncomingPayload;

    /// Makes the event's effect, once for all deliveries of the event.
    fn receive(&self, event: Event<Self::Payload>) -> impl Future<Output = Result<Effect, Failure>>;
}

/// Turns an event into the entry that is its effect. It writes nothing itself: a consumer writes the entries of a batch together.
///
/// ```
/// use lambda_messaging::{
///     Event, EventPayload, Failure,
///     consumer::EntryReceiver,
///     item::{self, text},
///     joined_write::Entry,
/// };
/// # #[derive(serde::Deserialize)]
/// # struct OrderPlaced { order: String, weight: u32, carrier: String }
/// # impl EventPayload for OrderPlaced {
/// #     const TYPE: &'static str = "OrderPlaced";
/// #     fn id(&self) -> String { self.order.clone() }
/// #     fn subject(&self) -> String { self.order.clone() }
/// # }
///
/// struct Shipping;
///
/// impl EntryReceiver for Shipping {
///     type Payload = OrderPlaced;
///
///     fn entry(&self, event: Event<OrderPlaced>) -> Result<Entry, Failure> {
///         let OrderPlaced { order, weight, carrier } = event.data;
///         match weight {
///             0 => Ok(Entry::nothing("a download needs no parcel")),
///             ..=30_000 => {
///                 let load = item::new([("carrier", text(carrier))]);
///                 let parcel = Entry::once("parcels", "order", item::new([("order", text(order))]));
///                 Ok(parcel.add_to("loads", load, [("grams", weight), ("parcels", 1)]))
///             }
///             _ => Err(Failure::permanent("TooHeavy", "no carrier takes more than 30 kg")),
///         }
///     }
/// }
/// ```
#[cfg(feature = "idempotency")]
pub trait EntryReceiver {
    /// The type of event that the receiver handles.
    type Payload: IncomingPayload;

    /// The entry of an event. It depends on nothing but the event, so it is the same for each delivery.
    fn entry(&self, event: Event<Self::Payload>) -> Result<Entry, Failure>;
}

/// Handles a batch of events of any type as a whole. It must be idempotent, like a [`Receiver`].
///
/// ```
/// use lambda_messaging::{
///     Effect, Failure,
///     consumer::{AnyEvent, BatchReceiver},
/// };
///
/// /// Counts the events of each batch.
/// struct Counter;
///
/// impl BatchReceiver for Counter {
///     async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
///         println!("{} events", events.len());
///         vec![Ok(Effect::Made); events.len()]
///     }
/// }
/// ```
pub trait BatchReceiver {
    /// Makes the events' effects; returns a result for each event, in their order.
    fn receive_batch(&self, events: Vec<AnyEvent>) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// Handles a batch of messages that are not events, such as those of an external system. It must be idempotent, like a [`Receiver`].
///
/// ```
/// use lambda_messaging::{
///     Effect, Failure,
///     consumer::{Message, MessageReceiver},
/// };
///
/// /// Takes a number in each message.
/// struct Numbers;
///
/// impl MessageReceiver for Numbers {
///     async fn receive_messages(&self, messages: &[Message<'_>]) -> Vec<Result<Effect, Failure>> {
///         let read = |message: &Message<'_>| match message.body.parse::<u32>() {
///             Ok(_) => Ok(Effect::Made),
///             Err(_) => Err(Failure::permanent("NotANumber", "the body is not a number")),
///         };
///         messages.iter().map(read).collect()
///     }
/// }
/// ```
pub trait MessageReceiver {
    /// Makes the messages' effects; returns a result for each message, in their order.
    fn receive_messages(
        &self,
        messages: &[Message<'_>],
    ) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// A message as its sender wrote it.
///
/// ```
/// use lambda_messaging::consumer::Message;
///
/// // For a test: a consumer makes them otherwise.
/// let message = Message::new("m-1", "2026-11-27T09:00:00Z".parse().unwrap(), "the body", &[]);
/// assert_eq!((message.body, message.attribute("Supplier")), ("the body", None));
/// ```
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
///
/// ```
/// use lambda_messaging::{consumer::AnyEvent, json};
///
/// let message = r#"{"specversion": "1.0", "id": "o-1", "source": "/shop", "type": "OrderPlaced", "time": "2026-11-27T09:00:00Z",
///     "correlationid": "c-1", "data": {"order": "o-1"}}"#;
/// let event: AnyEvent = json::read(message).unwrap();
/// assert_eq!((event.event_type.as_str(), event.data.get()), ("OrderPlaced", r#"{"order": "o-1"}"#));
/// ```
pub type AnyEvent = Event<Box<RawValue>>;
