//! The result of handling a message.

#[cfg(feature = "idempotency")]
use crate::idempotent_write::Written;

/// The result of handling a message.
///
/// ```
/// use lambda_messaging::Effect;
///
/// fn ship(weight: u32) -> Effect {
///     if weight == 0 { Effect::Nothing("a download needs no parcel") } else { Effect::Made }
/// }
///
/// assert_eq!(ship(420), Effect::Made);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The effect was made.
    Made,
    /// An earlier delivery had made it.
    Duplicate,
    /// The message required no effect, for this reason.
    Nothing(&'static str),
}

#[cfg(feature = "idempotency")]
impl From<Written> for Effect {
    fn from(written: Written) -> Self {
        match written {
            Written::Inserted => Self::Made,
            Written::AlreadyPresent => Self::Duplicate,
        }
    }
}
