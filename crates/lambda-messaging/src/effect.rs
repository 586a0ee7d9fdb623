//! The result of handling a message.

use crate::idempotent_write::Written;

/// What handling a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The effect was made.
    Made,
    /// An earlier delivery had made it.
    Duplicate,
    /// There was nothing to do, for this reason.
    Nothing(&'static str),
}

impl From<Written> for Effect {
    fn from(written: Written) -> Self {
        match written {
            Written::Now => Self::Made,
            Written::Before => Self::Duplicate,
        }
    }
}
