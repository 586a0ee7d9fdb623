//! The reason on a dead letter. It is a single attribute, because a message can have ten attributes, and its own come first.

use std::collections::HashMap;

use aws_sdk_sqs::types::MessageAttributeValue;
use serde::Serialize;

use crate::json;

/// The attribute that holds the reason, as JSON. A redrive may leave it on the message.
pub(crate) const REASON: &str = "DeadLetterReason";
const TEXT: &str = "String";
/// SQS's limits for a message. The names, types and values of its attributes count towards its size.
const MAX_ATTRIBUTES: usize = 10;
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

pub(crate) type Attributes = HashMap<String, MessageAttributeValue>;

/// The reason for which a message or a row was dead-lettered.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeadLetterReason<'a> {
    pub error_type: &'a str,
    pub detail: &'a str,
    pub service: &'a str,
    #[serde(flatten)]
    pub source: Option<Source<'a>>,
}

/// The origin of a dead-lettered message or record.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(
    not(all(feature = "sqs", feature = "streams")),
    allow(dead_code, reason = "each is of one feature")
)]
#[serde(untagged)]
pub(crate) enum Source<'a> {
    Queue {
        #[serde(rename = "sourceQueue")]
        queue: &'a str,
        #[serde(rename = "sourceMessageId")]
        message_id: &'a str,
        #[serde(rename = "receiveCount")]
        receives: u32,
    },
    Stream {
        #[serde(rename = "sourceStream")]
        stream: &'a str,
        #[serde(rename = "sequenceNumber")]
        sequence_number: &'a str,
        #[serde(rename = "partitionKey", skip_serializing_if = "Option::is_none")]
        partition_key: Option<&'a str>,
        /// The form of the data in the dead letter's body.
        #[serde(rename = "body")]
        body: &'static str,
    },
}

impl DeadLetterReason<'_> {
    /// Adds the reason to a message's own attributes, and replaces an earlier reason. If the message would become too large for SQS, the
    /// reason is shortened, or left out. Returns true if it was added.
    pub(crate) fn add_to(&self, body: &str, attributes: &mut Attributes) -> bool {
        attributes.remove(REASON);
        if attributes.len() >= MAX_ATTRIBUTES {
            return false;
        }
        let own = attributes.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
        let room = MAX_BYTES.saturating_sub(body.len() + own + REASON.len() + TEXT.len());
        let value = self.within(room).and_then(|reason| text(&reason));
        let is_there = value.is_some();
        attributes.extend(value.map(|value| (REASON.to_owned(), value)));
        is_there
    }

    /// The reason in at most this many bytes: complete, with less detail, or only its name.
    fn within(&self, bytes: usize) -> Option<String> {
        let excess = json::write(self).ok()?.len().saturating_sub(bytes);
        let kept = self.detail.floor_char_boundary(self.detail.len().saturating_sub(excess));
        let shortened = Self { detail: self.detail.get(..kept)?, ..*self };
        let name = HashMap::from([("errorType", self.error_type)]);
        [json::write(&shortened), json::write(&name)]
            .into_iter()
            .filter_map(Result::ok)
            .find(|reason| reason.len() <= bytes)
    }
}

fn text(value: &str) -> Option<MessageAttributeValue> {
    MessageAttributeValue::builder().data_type(TEXT).string_value(value).build().ok()
}

fn size(value: &MessageAttributeValue) -> usize {
    let bytes = value.binary_value().map_or(0, |bytes| bytes.as_ref().len());
    value.data_type().len() + value.string_value().map_or(0, str::len) + bytes
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::primitives::Blob;
    use serde_json::{Value, json};

    use super::*;

    const SOURCE: Source<'_> = Source::Queue { queue: "buffer", message_id: "0190c8f4", receives: 5 };
    const WHY: DeadLetterReason<'_> =
        DeadLetterReason { error_type: "Refused", detail: "né\"ver", service: "test", source: Some(SOURCE) };

    /// The reason on a message of this size, and the size of both.
    fn beside(bytes: usize) -> (Option<Value>, usize) {
        let own = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0; 100]));
        let mut attributes = Attributes::from([("own".to_owned(), own.build().unwrap())]);
        let body = "x".repeat(bytes - "ownBinary".len() - 100);
        WHY.add_to(&body, &mut attributes);
        let taken = attributes.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
        let reason = attributes.get(REASON).and_then(|value| value.string_value());
        (reason.map(|reason| serde_json::from_str(reason).unwrap()), body.len() + taken)
    }

    #[test]
    fn a_reason_names_what_failed_and_where_it_comes_from() {
        let (reason, _) = beside(200);
        let expected = json!({
            "errorType": "Refused", "detail": "né\"ver", "service": "test",
            "sourceQueue": "buffer", "sourceMessageId": "0190c8f4", "receiveCount": 5,
        });
        assert_eq!(reason, Some(expected));
    }

    #[test]
    fn a_reason_is_shortened_until_the_letter_fits() {
        let mut seen = Vec::new();
        for bytes in MAX_BYTES - 250..=MAX_BYTES {
            let (reason, size) = beside(bytes);
            assert!(size <= MAX_BYTES, "{bytes}");
            let detail = reason.as_ref().map(|reason| reason["detail"].as_str().map(str::to_owned));
            if let Some(reason) = reason {
                assert_eq!(reason["errorType"], "Refused", "{bytes}");
            }
            if seen.last() != Some(&detail) {
                seen.push(detail);
            }
        }
        let detail = |text: &str| Some(Some(text.to_owned()));
        let details = ["né\"ver", "né\"ve", "né\"v", "né\"", "né", "n", ""].map(detail);
        assert!(
            seen.starts_with(&details[..1]) && seen.ends_with(&[detail(""), Some(None), None]),
            "{seen:?}"
        );
        assert!(
            seen.iter().all(|seen| details.contains(seen) || matches!(seen, Some(None) | None)),
            "{seen:?}"
        );
    }

    #[test]
    fn a_reason_is_left_out_beside_ten_attributes_and_replaces_an_earlier_one() {
        let own =
            |count: usize| (0..count).map(|n| (n.to_string(), text("own").unwrap())).collect::<Attributes>();
        let mut full = own(MAX_ATTRIBUTES);
        assert!(!WHY.add_to("body", &mut full));
        assert_eq!(full, own(MAX_ATTRIBUTES));

        let mut redriven = own(MAX_ATTRIBUTES - 1);
        redriven.insert(REASON.to_owned(), text("earlier").unwrap());
        assert!(WHY.add_to("body", &mut redriven));
        assert_eq!(redriven.len(), MAX_ATTRIBUTES);
        assert!(redriven[REASON].string_value().unwrap().contains("Refused"));
    }
}
