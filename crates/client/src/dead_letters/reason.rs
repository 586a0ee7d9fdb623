//! The reason on a dead letter, as consumers write it.

use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};
use serde::Deserialize;

/// The attribute that holds it, as JSON.
pub(super) const REASON: &str = "DeadLetterReason";
/// SQS's limits for a message. The names, types and values of its attributes count towards its size.
const MAX_ATTRIBUTES: usize = 10;
const MAX_BYTES: usize = 1024 * 1024;
/// A size that is larger than the shortest reason.
const SHORTEST_REASON: usize = 256;

/// A reason, which may be shortened because the message had too little room.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Reason {
    pub error_type: Option<String>,
    pub detail: Option<String>,
    pub service: Option<String>,
    pub receive_count: Option<u32>,
}

impl Reason {
    /// The reason on a message; `None` if its function crashed or ran out of time.
    pub fn on(message: &Message) -> Option<Self> {
        let reason = message.message_attributes.as_ref()?.get(REASON)?.string_value()?;
        serde_json::from_str(reason).ok()
    }
}

/// True if a consumer dead-lettered a message that had no room for a reason. A message that SQS itself moved, because its function
/// crashed or ran out of time, has a mark of SQS's.
pub(super) fn had_no_room(message: &Message) -> bool {
    let system = message.attributes.as_ref();
    let moved = system.is_some_and(|a| a.contains_key(&MessageSystemAttributeName::DeadLetterQueueSourceArn));
    let own = message.message_attributes.as_ref();
    let bytes = message.body.as_ref().map_or(0, String::len)
        + own.into_iter().flatten().map(|(name, value)| name.len() + size(value)).sum::<usize>();
    let is_full = own.is_some_and(|own| own.len() >= MAX_ATTRIBUTES);
    !moved && (is_full || bytes > MAX_BYTES - SHORTEST_REASON)
}

fn size(value: &MessageAttributeValue) -> usize {
    let bytes = value.binary_value().map_or(0, |bytes| bytes.as_ref().len());
    value.data_type().len() + value.string_value().map_or(0, str::len) + bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(value: &str) -> MessageAttributeValue {
        MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
    }

    fn with_attributes(count: usize) -> Message {
        let message = Message::builder().body("body");
        (0..count).fold(message, |m, n| m.message_attributes(n.to_string(), attribute("own"))).build()
    }

    #[test]
    fn a_reason_is_read_as_far_as_it_is_there() {
        for (json, error_type, receive_count) in [
            (
                r#"{"errorType":"Busy","detail":"d","service":"s","receiveCount":5,"more":{}}"#,
                Some("Busy"),
                Some(5),
            ),
            (r#"{"errorType":"Busy"}"#, Some("Busy"), None),
        ] {
            let message = Message::builder().message_attributes(REASON, attribute(json)).build();
            let reason = Reason::on(&message).unwrap();
            assert_eq!((reason.error_type.as_deref(), reason.receive_count), (error_type, receive_count));
        }
        let foreign = Message::builder().message_attributes(REASON, attribute("no JSON")).build();
        assert_eq!((Reason::on(&foreign), Reason::on(&with_attributes(0))), (None, None));
    }

    #[test]
    fn a_letter_without_room_for_a_reason_differs_from_one_that_sqs_moved() {
        assert!(had_no_room(&with_attributes(MAX_ATTRIBUTES)) && !had_no_room(&with_attributes(9)));
        let huge = |bytes: usize| Message::builder().body("x".repeat(bytes)).build();
        assert!(had_no_room(&huge(MAX_BYTES)) && !had_no_room(&huge(MAX_BYTES - SHORTEST_REASON)));
        let mut moved_by_sqs = with_attributes(MAX_ATTRIBUTES);
        let arn = (MessageSystemAttributeName::DeadLetterQueueSourceArn, "arn".to_owned());
        moved_by_sqs.attributes = Some([arn].into());
        assert!(!had_no_room(&moved_by_sqs));
    }
}
