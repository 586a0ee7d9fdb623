//! The errors of reading an event.

/// The reason why a message is not an event that its reader accepts. It never quotes the message. No retry helps: the same message
/// fails again.
///
/// ```
/// use message_envelope::EventError;
///
/// let error = EventError::unexpected_type(&["OrderPlaced", "OrderCancelled"]);
/// assert_eq!(error.to_string(), "expected an event of type OrderPlaced or OrderCancelled");
/// assert_eq!(error.error_type(), "UnexpectedEventType");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The message is not an event, or its data is not the data of its type.
    #[error("{0}")]
    Malformed(String),
    /// The event is of none of these types.
    #[error("expected an event of type {}", .0.join(" or "))]
    UnexpectedType(Vec<&'static str>),
}

impl EventError {
    /// The error of an event that is of none of these types.
    #[must_use]
    pub fn unexpected_type(expected: &[&'static str]) -> Self {
        Self::UnexpectedType(expected.to_vec())
    }

    /// The error's stable name: alarms, dead letters and state machines match on it.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "MalformedEvent",
            Self::UnexpectedType(_) => "UnexpectedEventType",
        }
    }
}
