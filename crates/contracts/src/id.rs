//! One type per id, so that two ids can't be swapped in a call.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither a UUID nor written as one.
    #[error("must be a UUID")]
    NotAUuid,
    /// Empty, too long, or with characters that an id can't have.
    #[error("must be 1 to 64 characters of A-Z a-z 0-9 _ -")]
    NotAToken,
}

/// An id that is a UUID.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Reads a UUID.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                text.parse().map(Self).map_err(|_| IdError::NotAUuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for CorrelationId {
            fn from(id: $name) -> Self {
                Self(id.to_string())
            }
        }
    };
}

/// An id that is made here. It says nothing of the request or its key, so nobody can guess it.
macro_rules! made_here {
    ($name:ident) => {
        impl $name {
            /// A new id. Time-ordered, so that listings read in the order of their making.
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

/// An id that somebody else chose: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads 1 to 64 characters of `A-Z a-z 0-9 _ -`.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let token = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
                if (1..=64).contains(&text.len()) && text.bytes().all(token) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError::NotAToken)
                }
            }

            /// Its characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

token! {
    /// Who rides. Personal: it is stored and sent, never logged.
    CustomerId
}
token! {
    /// What a caller sends with a request so that sending it again has no second effect.
    IdempotencyKey
}
token! {
    /// What everything that follows from one request has in common.
    CorrelationId
}

token! {
    /// A herd's name, by which it is asked and by which it answers.
    HerdName
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_short_and_plain() {
        for good in ["cmr", "a", "A-b_9", &"x".repeat(64)] {
            assert!(CustomerId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "ü", "a/b", "a\n", &"x".repeat(65)] {
            assert_eq!(CustomerId::parse(bad), Err(IdError::NotAToken), "{bad:?}");
        }
    }
}
