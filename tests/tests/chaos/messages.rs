//! The messages of the run. The fault proxy holds those that functions send against their schemas as they pass; the topics' messages
//! are heard by queues of the test's own, as subscribers get them, and given to the proxy at the end.

use end_to_end::{World, asks_proxy};
use serde_json::{Value, json};

/// The types that a run has to see. A state machine sends `PaymentRequested` straight to a queue, past the proxy and all topics.
const TYPES: [&str; 8] = [
    "FareCollected",
    "FareCollectionFailed",
    "PrebookingRejected",
    "PrebookingSubmitted",
    "QuotesRequested",
    "RfqDeadlineReached",
    "RideCompleted",
    "RideQuoted",
];

/// The topics of alarms and of SES's reports.
const WITHOUT_EVENTS: [&str; 2] = ["OperatorTopicArn", "EmailFeedbackTopicArn"];

/// A topic, and a queue that is subscribed to it without a filter.
pub struct Heard {
    topic: String,
    pub queue: String,
}

/// Listens to every topic that carries events.
pub async fn listen(world: &World) -> Vec<Heard> {
    let mut heard = Vec::new();
    for (_, stack) in world.deployment.stacks() {
        for (output, topic) in &stack.outputs {
            if output.ends_with("TopicArn") && !WITHOUT_EVENTS.contains(&output.as_str()) {
                let queue = world.listens_to(topic).await;
                heard.push(Heard { topic: output.replace("TopicArn", "Topic"), queue });
            }
        }
    }
    heard
}

/// Checks that every message was valid, and that there were some of each type; returns their numbers by type.
pub async fn validate(world: &World, heard: &[Heard]) -> Value {
    for Heard { topic, queue } in heard {
        let mut messages = world.receives_several(queue).await;
        assert!(!messages.is_empty(), "{topic} carried no message");
        while !messages.is_empty() {
            for body in messages {
                asks_proxy("_messages", Some(json!({"to": topic, "body": body}))).await;
            }
            messages = world.receives_several(queue).await;
        }
    }
    let found: Value = serde_json::from_str(&asks_proxy("_messages", None).await).unwrap();
    assert_eq!(found["faults"], json!({}), "messages are not as contracts/schemas says");
    for kind in TYPES {
        assert!(found["valid"][kind].as_u64() > Some(0), "no {kind} among the messages: {}", found["valid"]);
    }
    found["valid"].clone()
}
