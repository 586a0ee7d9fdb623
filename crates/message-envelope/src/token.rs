//! Tokens: ids that another party chose, of 1 to 64 characters of `A-Z a-z 0-9 _ -`, which need no escaping anywhere.

use uuid::Uuid;

/// The reason why a text is not a token. No retry helps: the text itself has to change.
///
/// ```
/// use message_envelope::{CorrelationId, TokenError};
///
/// assert_eq!(CorrelationId::parse("not plain"), Err(TokenError));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 64 characters of A-Z a-z 0-9 _ -")]
pub struct TokenError;

/// True if the text is 1 to 64 characters of `A-Z a-z 0-9 _ -`.
///
/// ```
/// use message_envelope::is_token;
///
/// assert!(is_token("order-7") && !is_token("order/7") && !is_token(""));
/// ```
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Defines a type for tokens of one kind, so that no two kinds can be swapped in a call. Its user depends on `serde`.
///
/// ```
/// message_envelope::token! {
///     /// The id of an order.
///     OrderId
/// }
///
/// let order = OrderId::parse("o-1").unwrap();
/// assert_eq!(order.as_str(), "o-1");
/// assert!(OrderId::parse("o 1").is_err());
/// assert!(serde_json::from_str::<OrderId>(r#""o 1""#).is_err(), "it is checked wherever it is read");
/// ```
#[macro_export]
macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads 1 to 64 characters of `A-Z a-z 0-9 _ -`.
            pub fn parse(text: &str) -> Result<Self, $crate::TokenError> {
                if $crate::is_token(text) { Ok(Self(text.to_owned())) } else { Err($crate::TokenError) }
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

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::TokenError;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(token: $name) -> Self {
                token.0
            }
        }
    };
}

token! {
    /// The id that everything that follows from one request shares.
    ///
    /// ```
    /// use message_envelope::CorrelationId;
    /// use uuid::Uuid;
    ///
    /// let given = CorrelationId::parse("c-1").unwrap();
    /// assert_eq!(given.as_str(), "c-1");
    /// let new = CorrelationId::from(Uuid::from_u128(7));
    /// assert_eq!(new.as_str().len(), 36);
    /// ```
    CorrelationId
}
token! {
    /// The key that a caller sends with a request, so that sending the request again has no second effect.
    ///
    /// ```
    /// use message_envelope::IdempotencyKey;
    ///
    /// assert!(IdempotencyKey::parse("2f1c9f0e").is_ok());
    /// ```
    IdempotencyKey
}

/// A UUID consists of a token's characters.
impl From<Uuid> for CorrelationId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_short_and_plain() {
        for good in ["cmr", "a", "A-b_9", &"x".repeat(64)] {
            assert!(CorrelationId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "ü", "a/b", "a\n", &"x".repeat(65)] {
            assert_eq!(CorrelationId::parse(bad), Err(TokenError), "{bad:?}");
        }
    }

    #[test]
    fn a_uuid_is_a_token() {
        let id = Uuid::from_u128(7);
        assert_eq!(CorrelationId::parse(&id.to_string()), Ok(id.into()));
    }
}
