//! The dead letters of records.

use aws_smithy_types::base64;
use serde_json::{Value, json};

use crate::{dead_letter_reason::MAX_BYTES, json as queue_json};

/// The room that is left for the reason.
const FOR_THE_REASON: usize = 8 * 1024;

/// The data of a record, in a form that SQS takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Letter {
    /// The data as it is.
    AsItCame(String),
    /// The data in base64, because it is no text, or contains a character that SQS refuses.
    Base64(String),
    /// Data that SQS can't take, by its number of bytes: there is none, or too much. The letter only tells where it can be read.
    LeftOut(usize),
}

impl Letter {
    /// The letter for a record's bytes.
    pub(super) fn from_bytes(data: &[u8]) -> Self {
        let letter = match str::from_utf8(data) {
            Ok(text) if text.chars().all(is_allowed) => Self::AsItCame(text.to_owned()),
            _ => Self::Base64(base64::encode(data)),
        };
        letter.within_limits(data.len())
    }

    /// The letter for a record that is JSON.
    pub(super) fn from_json(data: &Value) -> Self {
        let text = queue_json::write(data).unwrap_or_default();
        let bytes = text.len();
        Self::AsItCame(text).within_limits(bytes)
    }

    fn within_limits(self, bytes: usize) -> Self {
        match &self {
            Self::AsItCame(body) | Self::Base64(body)
                if body.is_empty() || body.len() > MAX_BYTES - FOR_THE_REASON =>
            {
                Self::LeftOut(bytes)
            }
            _ => self,
        }
    }

    /// The name of the letter's form, for the reason.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Self::AsItCame(_) => "data",
            Self::Base64(_) => "base64",
            Self::LeftOut(_) => "reference",
        }
    }

    /// The body of the letter, for the record with this number in this stream.
    pub(super) fn into_body(self, stream: &str, sequence_number: &str) -> String {
        match self {
            Self::AsItCame(body) | Self::Base64(body) => body,
            Self::LeftOut(bytes) => {
                json!({ "stream": stream, "sequenceNumber": sequence_number, "bytes": bytes }).to_string()
            }
        }
    }
}

/// True for the characters that SQS takes.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_as_it_came_and_anything_else_becomes_base64() {
        for text in ["{}", "a\tb\r\nc", "\u{fffd}\u{10000}\u{10ffff}", "é"] {
            assert_eq!(Letter::from_bytes(text.as_bytes()), Letter::AsItCame(text.to_owned()));
        }
        for bytes in [&b"\xff\xfe"[..], b"a\0b", b"\x1b[0m", "\u{fffe}".as_bytes(), "\u{ffff}".as_bytes()] {
            let Letter::Base64(text) = Letter::from_bytes(bytes) else { panic!("{bytes:?}") };
            assert_eq!(base64::decode(text).unwrap(), bytes);
        }
    }

    #[test]
    fn data_that_sqs_can_not_take_is_left_out_and_the_letter_says_where_it_is() {
        let fits = MAX_BYTES - FOR_THE_REASON;
        assert_eq!(Letter::from_bytes(&vec![b'x'; fits]).form(), "data");
        for (data, bytes) in
            [(vec![b'x'; fits + 1], fits + 1), (vec![0; fits * 3 / 4 + 3], fits * 3 / 4 + 3), (vec![], 0)]
        {
            let letter = Letter::from_bytes(&data);
            assert_eq!(letter, Letter::LeftOut(bytes));
            let body: Value = serde_json::from_str(&letter.into_body("arn:clicks", "17")).unwrap();
            assert_eq!(body, json!({"stream": "arn:clicks", "sequenceNumber": "17", "bytes": bytes}));
        }
    }
}
