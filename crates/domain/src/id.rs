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

/// A ride's id, which is also the id of its `RideCompleted` event and of its fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RideId(Uuid);

/// Names the space of ids that come from idempotency keys. Changing it would turn repeats into new rides.
const RIDES_BY_KEY: Uuid = Uuid::from_u128(0x6f9c_1c52_7d0b_4f6e_9a41_52d2_8a90_e3b7);

impl RideId {
    /// A new id. Time-ordered, so that listings read in the order of the rides.
    #[must_use]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The one id that belongs to an idempotency key: sent again, the same key names the same ride, and a
    /// conditional write on it is all that is needed to accept the ride once.
    #[must_use]
    pub fn from_key(key: &IdempotencyKey) -> Self {
        Self(Uuid::new_v5(&RIDES_BY_KEY, key.0.as_bytes()))
    }

    /// Reads a ride id.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self).map_err(|_| IdError::NotAUuid)
    }
}

impl Default for RideId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A prebooking's id: the id of the message by which it was submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrebookingId(Uuid);

impl PrebookingId {
    /// Reads a prebooking id.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        text.parse().map(Self).map_err(|_| IdError::NotAUuid)
    }
}

impl fmt::Display for PrebookingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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

impl From<RideId> for CorrelationId {
    fn from(ride: RideId) -> Self {
        Self(ride.to_string())
    }
}

impl From<PrebookingId> for CorrelationId {
    fn from(prebooking: PrebookingId) -> Self {
        Self(prebooking.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_names_the_same_ride() {
        let key = |k| IdempotencyKey::parse(k).unwrap();
        assert_eq!(RideId::from_key(&key("a")), RideId::from_key(&key("a")));
        assert_ne!(RideId::from_key(&key("a")), RideId::from_key(&key("b")));
        assert_ne!(RideId::new(), RideId::new());
    }

    #[test]
    fn the_ids_of_keys_never_change() {
        let key = IdempotencyKey::parse("ride-42").unwrap();
        assert_eq!(RideId::from_key(&key).to_string(), "a10081be-e026-5624-b176-612e23b59d15");
    }

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
