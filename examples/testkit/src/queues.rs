//! Queues and their dead letters.

use aws_sdk_sqs::{Client, types::QueueAttributeName};
use serde_json::Value;

/// A message in a dead-letter queue.
#[derive(Debug)]
pub struct DeadLetter {
    /// The message as it was sent.
    pub body: String,
    /// The name of the reason that it has.
    pub error_type: Option<String>,
    receipt: String,
}

/// Takes the dead letters that a queue gives at once. They are hidden for three seconds, and come again unless they are discarded.
///
/// # Panics
/// If the queue can't be read.
pub async fn dead_letters(sqs: &Client, queue_url: &str) -> Vec<DeadLetter> {
    let receive = sqs.receive_message().queue_url(queue_url).message_attribute_names("All");
    let received = receive.max_number_of_messages(10).visibility_timeout(3).send().await;
    let letters = received.expect("the queue can be read").messages.unwrap_or_default().into_iter();
    letters
        .map(|message| {
            let attributes = message.message_attributes();
            let reason = attributes.and_then(|all| all.get("DeadLetterReason")?.string_value());
            let reason: Value = serde_json::from_str(reason.unwrap_or_default()).unwrap_or_default();
            DeadLetter {
                body: message.body().unwrap_or_default().to_owned(),
                error_type: reason["errorType"].as_str().map(str::to_owned),
                receipt: message.receipt_handle().unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

/// Takes a letter out of its queue.
///
/// # Panics
/// If the queue doesn't allow it.
pub async fn discard(sqs: &Client, dlq_url: &str, letter: &DeadLetter) {
    let delete = sqs.delete_message().queue_url(dlq_url).receipt_handle(&letter.receipt);
    delete.send().await.expect("the letter can be deleted");
}

/// Sends a letter back to the queue that it came from, and then takes it out of the dead-letter queue.
///
/// # Panics
/// If a queue doesn't allow it.
pub async fn redrive(sqs: &Client, queue_url: &str, dlq_url: &str, letter: &DeadLetter) {
    let send = sqs.send_message().queue_url(queue_url).message_body(&letter.body);
    send.send().await.expect("the letter can be sent back");
    discard(sqs, dlq_url, letter).await;
}

/// True if no message of the queue waits, is delayed or is being handled.
///
/// # Panics
/// If the queue can't be read.
pub async fn is_empty(sqs: &Client, queue_url: &str) -> bool {
    let get = sqs.get_queue_attributes().queue_url(queue_url).attribute_names(QueueAttributeName::All);
    let attributes = get.send().await.expect("the queue can be read").attributes.unwrap_or_default();
    let counts =
        attributes.iter().filter(|(name, _)| name.as_str().starts_with("ApproximateNumberOfMessages"));
    counts.map(|(_, count)| count.as_str()).all(|count| count == "0")
}

/// Sets the time after which the messages of a killed function come again.
///
/// # Panics
/// If the queue doesn't allow it.
pub async fn set_visibility_timeout(sqs: &Client, queue_url: &str, seconds: u32) {
    let set = sqs.set_queue_attributes().queue_url(queue_url);
    let set = set.attributes(QueueAttributeName::VisibilityTimeout, seconds.to_string());
    set.send().await.expect("the queue can be changed");
}
