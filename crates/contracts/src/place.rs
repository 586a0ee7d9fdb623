//! The places where rides start and end.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place's name: 1 to 100 characters, not all blank, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place(String);

/// The reason why a text is not a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The text is blank.
    #[error("must not be empty")]
    Empty,
    /// The text has more than 100 characters.
    #[error("must have at most 100 characters")]
    TooLong,
    /// The text holds a line break, an escape, or a character that changes the direction of writing.
    #[error("must not contain control characters")]
    Control,
}

impl Place {
    /// Checks a place's name.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        if text.trim().is_empty() {
            Err(PlaceError::Empty)
        } else if text.chars().count() > 100 {
            Err(PlaceError::TooLong)
        } else if text.chars().any(is_control) {
            Err(PlaceError::Control)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// True for control characters, and for invisible characters that reorder or break the lines of a receipt.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_from_noise() {
        for good in ["Berlin", "Frankfurt (Oder)", "北京", "İstanbul 🦄", "a"] {
            assert!(Place::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Place::parse(""), Err(PlaceError::Empty));
        assert_eq!(Place::parse("  \u{3000}"), Err(PlaceError::Empty));
        assert_eq!(Place::parse(&"ü".repeat(101)), Err(PlaceError::TooLong));
        assert!(Place::parse(&"ü".repeat(100)).is_ok());
        for bad in ["a\nb", "a\0", "\u{1b}[31mred", "a\u{202e}b"] {
            assert_eq!(Place::parse(bad), Err(PlaceError::Control), "{bad:?}");
        }
    }
}
