//! One type for each kind of id, so that two ids can't be swapped in a call.

use std::fmt;

use message_envelope::{CorrelationId, token};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The reason why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID")]
pub struct IdError;

/// Defines a type for ids that are UUIDs.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads a UUID.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self).map_err(|_| IdError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for CorrelationId {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }
    };
}

/// Adds a constructor for ids that are made here. A new id is independent of the request and its key, so it can't be guessed.
macro_rules! made_here {
    ($name:ident) => {
        impl $name {
            /// A new id. Ids are ordered by time, so listings show the oldest first.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

uuid_id! {
    /// A ride's id, which is also the id of its `RideCompleted` event and of its fare.
    RideId
}
uuid_id! {
    /// A prebooking's id: the id of the request by which it was submitted.
    PrebookingId
}
uuid_id! {
    /// The id of a request for quotes: the correlation identifier by which each quote finds its request.
    RfqId
}

made_here!(RideId);
made_here!(RfqId);

token! {
    /// A customer's id. Personal data: it is stored and sent, never logged.
    CustomerId
}
token! {
    /// A herd's name. Requests for quotes and quotes name the herd by it.
    HerdName
}
