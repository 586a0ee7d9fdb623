//! The messages that a call sends to a topic or a queue.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::call::Call;

/// The attribute of a dead letter that holds the reason why it is one.
const REASON: &str = "DeadLetterReason";
/// The reasons of messages that are no valid events. Only senders from outside send such messages, in the fault run the poison.
const INVALID: [&str; 2] = ["MalformedEvent", "UnexpectedEventType"];

/// A message, and its topic or queue.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    pub(crate) to: String,
    pub(crate) body: String,
    /// The error type in the reason of a dead letter.
    #[serde(default)]
    reason: Option<String>,
}

impl Sent {
    /// The messages of a call, or none if it sends none.
    pub(crate) fn of(call: &Call) -> Vec<Self> {
        match call.name().as_str() {
            "sns:Publish" | "sns:PublishBatch" => published(&call.message.body),
            "sqs:SendMessage" | "sqs:SendMessageBatch" => queued(&call.message.body),
            _ => Vec::new(),
        }
    }

    pub(crate) fn is_dead_letter(&self) -> bool {
        self.to.to_ascii_lowercase().contains("dlq")
    }

    /// True for a dead letter that a consumer has refused as no valid event.
    pub(crate) fn was_refused(&self) -> bool {
        self.is_dead_letter() && self.reason.as_deref().is_some_and(|reason| INVALID.contains(&reason))
    }
}

fn published(form: &[u8]) -> Vec<Sent> {
    let fields: BTreeMap<_, _> = form_urlencoded::parse(form).into_owned().collect();
    let to = last(fields.get("TopicArn").map(String::as_str), ':');
    let messages = fields.iter().filter(|(name, _)| {
        let entry = name.strip_prefix("PublishBatchRequestEntries.member.");
        let entry = entry.and_then(|rest| rest.strip_suffix(".Message"));
        *name == "Message" || entry.is_some_and(|n| n.bytes().all(|byte| byte.is_ascii_digit()))
    });
    messages.map(|(_, body)| Sent { to: to.clone(), body: body.clone(), reason: None }).collect()
}

fn queued(body: &[u8]) -> Vec<Sent> {
    let Ok(call) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let to = last(call["QueueUrl"].as_str(), '/');
    let entries = call["Entries"].as_array().map_or_else(|| vec![&call], |entries| entries.iter().collect());
    let message = |entry: &Value| {
        let reason = entry["MessageAttributes"][REASON]["StringValue"].as_str().unwrap_or_default();
        let reason = serde_json::from_str::<Value>(reason).unwrap_or_default();
        let reason = reason["errorType"].as_str().map(str::to_owned);
        Some(Sent { to: to.clone(), body: entry["MessageBody"].as_str()?.to_owned(), reason })
    };
    entries.into_iter().filter_map(message).collect()
}

/// The last part of an address: the name of the topic or the queue.
fn last(address: Option<&str>, separator: char) -> String {
    address.and_then(|address| address.rsplit(separator).next()).unwrap_or("nowhere").to_owned()
}
