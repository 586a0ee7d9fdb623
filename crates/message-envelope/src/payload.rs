//! The data of events: as their publishers write it, and as their receivers accept it.

use serde::de::DeserializeOwned;

use crate::{EventError, json};

/// The `data` of an event.
///
/// ```
/// use message_envelope::EventPayload;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize)]
/// struct OrderPlaced {
///     order: String,
///     total: String,
/// }
///
/// impl EventPayload for OrderPlaced {
///     const TYPE: &'static str = "OrderPlaced";
///
///     fn id(&self) -> String {
///         self.order.clone()
///     }
///
///     fn subject(&self) -> String {
///         format!("order/{}", self.order)
///     }
/// }
/// ```
pub trait EventPayload {
    /// The event's `type`.
    const TYPE: &'static str;
    /// The event's `id`: the same however often the event is published.
    fn id(&self) -> String;
    /// The event's `subject`: the thing that the event is about.
    fn subject(&self) -> String;
}

/// The data of the events that a receiver accepts: one [`EventPayload`], or an enum of several.
///
/// ```
/// use message_envelope::{EventError, IncomingPayload, json};
///
/// /// A receiver of every event about orders.
/// #[derive(Debug, PartialEq)]
/// enum OrderChanged {
///     Placed { order: String },
///     Cancelled { order: String },
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     order: String,
/// }
///
/// impl IncomingPayload for OrderChanged {
///     fn read(event_type: &str, data: &str) -> Result<Self, EventError> {
///         let make = match event_type {
///             "OrderPlaced" => |order| Self::Placed { order },
///             "OrderCancelled" => |order| Self::Cancelled { order },
///             _ => return Err(EventError::unexpected_type(&["OrderPlaced", "OrderCancelled"])),
///         };
///         json::read(data).map(|Order { order }| make(order))
///     }
///
///     fn event_id(&self) -> String {
///         match self {
///             Self::Placed { order } => order.clone(),
///             Self::Cancelled { order } => format!("{order}-cancelled"),
///         }
///     }
/// }
///
/// let cancelled = OrderChanged::read("OrderCancelled", r#"{"order": "o-1"}"#).unwrap();
/// assert_eq!(cancelled.event_id(), "o-1-cancelled");
/// assert!(OrderChanged::read("OrderPaid", "{}").is_err());
/// ```
pub trait IncomingPayload: Sized {
    /// Reads the data of an event of this type.
    ///
    /// # Errors
    /// [`EventError::UnexpectedType`] if the receiver doesn't accept the type, [`EventError::Malformed`] if an event of the
    /// type holds other data.
    fn read(event_type: &str, data: &str) -> Result<Self, EventError>;

    /// The id that the event must have.
    fn event_id(&self) -> String;
}

impl<T: EventPayload + DeserializeOwned> IncomingPayload for T {
    fn read(event_type: &str, data: &str) -> Result<Self, EventError> {
        if event_type == T::TYPE { json::read(data) } else { Err(EventError::unexpected_type(&[T::TYPE])) }
    }

    fn event_id(&self) -> String {
        self.id()
    }
}
