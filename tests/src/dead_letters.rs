//! The dead letters of services.

use std::collections::HashMap;

use aws_sdk_sqs::types::{Message, MessageAttributeValue};
use serde_json::Value;

use crate::{Service, World, eventually};

/// A message in a dead-letter queue.
#[derive(Debug)]
pub struct DeadLetter {
    pub body: String,
    /// The reason; null if the message has none.
    pub reason: Value,
    /// The other attributes of the message.
    pub attributes: HashMap<String, MessageAttributeValue>,
}

impl World {
    /// The message with this body in the dead-letter queue of a service, if there is one. It stays in the queue.
    pub async fn dead_letter(&self, service: Service, body: &str) -> Option<DeadLetter> {
        self.dead_letter_that(service, |letter| same(&letter.body, body)).await
    }

    /// The message in the dead-letter queue of a service for which alone this condition holds.
    pub async fn dead_letter_that(
        &self,
        service: Service,
        is_it: impl Fn(&DeadLetter) -> bool,
    ) -> Option<DeadLetter> {
        let dlq = self.output(service.stack, &format!("{}DlqUrl", service.name));
        loop {
            // The messages become invisible for a moment, so that the next call returns others.
            let receive =
                self.sqs.receive_message().queue_url(dlq).max_number_of_messages(10).visibility_timeout(2);
            let messages =
                receive.message_attribute_names("All").send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return None;
            }
            let found = messages.into_iter().map(DeadLetter::from).find(&is_it);
            if found.is_some() {
                return found;
            }
        }
    }

    /// Sends the dead letters of these requests once more, as a sender does that has got no answer.
    pub async fn doubles_dead_letters(&self, service: Service, requests: &[String]) {
        let dlq = self.output(service.stack, &format!("{}DlqUrl", service.name));
        let is_meant = |letter: &aws_sdk_sqs::types::Message| {
            let id = letter.message_attributes.as_ref().and_then(|attributes| attributes.get("RequestId"));
            let id = id.and_then(|id| id.string_value()?.strip_prefix('='));
            id.is_some_and(|id| requests.iter().any(|request| request == id))
        };
        let letters = async || {
            let receive = self.sqs.receive_message().queue_url(dlq).message_attribute_names("All");
            // An earlier look may have hidden some for a moment. This one hides none, so all become visible at once.
            let receive = receive.max_number_of_messages(10).visibility_timeout(0);
            let letters = receive.send().await.unwrap().messages.unwrap_or_default();
            letters.into_iter().filter(is_meant).collect::<Vec<_>>()
        };
        let all = |letters: &Vec<_>| letters.len() == requests.len();
        for letter in eventually("all are visible", letters, all).await {
            let send = self.sqs.send_message().queue_url(dlq).set_message_body(letter.body);
            send.set_message_attributes(letter.message_attributes).send().await.unwrap();
        }
    }
}

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let mut attributes = message.message_attributes.unwrap_or_default();
        let reason = attributes.remove("DeadLetterReason").and_then(|reason| reason.string_value);
        Self {
            body: message.body.unwrap_or_default(),
            reason: reason.and_then(|reason| serde_json::from_str(&reason).ok()).unwrap_or_default(),
            attributes,
        }
    }
}

/// True if two messages are the same. Some emulators change the spaces in JSON.
pub fn same(a: &str, b: &str) -> bool {
    let json = |text| serde_json::from_str::<Value>(text).ok();
    a == b || json(a).is_some_and(|a| Some(a) == json(b))
}
