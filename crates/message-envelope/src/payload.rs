//! The data of events: as their publishers write it, and as their receivers accept it.

use serde::de::DeserializeOwned;

use crate::{EventError, json};

/// The `data` of an event.
pub trait EventPayload {
    /// The event's `type`.
    const TYPE: &'static str;
    /// The event's `id`: the same however often the event is published.
    fn id(&self) -> String;
    /// The event's `subject`: the thing that the event is about.
    fn subject(&self) -> String;
}

/// The data of the events that a receiver accepts: one [`EventPayload`], or an enum of several.
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
