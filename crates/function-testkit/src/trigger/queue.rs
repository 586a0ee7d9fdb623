//! A buffer queue, from which Lambda delivers messages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_messaging::consumer::Consume;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use super::{Watch, check_reason, expect, mutations, report};
use crate::{
    Aws,
    aws::{Call, QUEUE, REASON, is_message},
    mutation,
};

/// The names of a message's attributes, in their order.
const ATTRIBUTES: [&str; 2] = ["Idempotency-Key", "bytes"];

/// A handled message.
#[derive(Debug)]
pub struct Handled {
    /// The message's body.
    pub message: String,
    /// The calls that changed or published something, without the dead letter.
    pub effects: Vec<Call>,
    /// The reason of its dead letter, if it became one.
    pub dead_letter: Option<String>,
}

/// Delivers every mutation as the last attempt of a message. No message stays in the queue: each is handled, or dead-lettered
/// unchanged, with a documented reason and without an effect. The judge checks everything else.
pub async fn queue(
    aws: &Aws,
    examples: &[&str],
    consume: impl Consume,
    judge: impl Fn(&Handled) -> Result<(), String>,
) {
    let (watch, words) = (Watch::on(aws), mutation::words());
    // A queue never delivers a message that it would not accept.
    let messages = mutations(examples).into_iter().filter(|mutation| is_message(&mutation.text));
    for (mutation, word) in messages.zip(words.iter().cycle()) {
        let batch = serde_json::from_value(batch(&mutation.text, word)).expect("the JSON is a batch of SQS");
        let batch = LambdaEvent::new(batch, in_a_minute());
        // Boxed, or the futures within would nest deeper than the compiler follows.
        let result = watch.over(Box::pin(consume(batch))).await.and_then(|(response, calls)| {
            let response = response.map_err(|error| format!("the batch failed: {error:?}"))?;
            expect(response.batch_item_failures.is_empty(), "the message stayed in the queue")?;
            judge(&handled(&mutation.text, calls)?)
        });
        report(&mutation, result);
    }
}

/// Judges that invalid messages are dead-lettered as such, and that valid ones are not.
pub fn only_if(is_valid: impl Fn(&str) -> bool) -> impl Fn(&Handled) -> Result<(), String> {
    move |handled| {
        let reason = handled.dead_letter.as_deref();
        let taken_as_valid = !matches!(reason, Some("MalformedEvent" | "UnexpectedEventType"));
        expect(
            taken_as_valid == is_valid(&handled.message),
            "an invalid message was accepted, or a valid one was not",
        )
    }
}

fn handled(message: &str, calls: Vec<Call>) -> Result<Handled, String> {
    let (dead_letters, effects): (Vec<_>, Vec<_>) =
        calls.into_iter().partition(|call| call.dead_letter().is_some());
    expect(dead_letters.len() < 2, "it was dead-lettered more than once")?;
    let dead_letter = match dead_letters.first() {
        Some(letter) => {
            let (error_type, detail) = letter.dead_letter().unwrap_or_default();
            check_reason(&error_type, &detail)?;
            expect(effects.is_empty(), "it was dead-lettered and had an effect")?;
            let is_whole = letter.messages() == [message] && letter.attributes() == ATTRIBUTES;
            expect(is_whole, "the dead letter isn't what came")?;
            Some(error_type)
        }
        None => None,
    };
    Ok(Handled { message: message.to_owned(), effects, dead_letter })
}

/// An invocation that has a minute.
fn in_a_minute() -> Context {
    let deadline = SystemTime::now() + Duration::from_mins(1);
    let since = deadline.duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let mut context = Context::default();
    context.deadline = u64::try_from(since.as_millis()).expect("it is long before the end of time");
    context
}

/// A batch as Lambda delivers it. A sender chooses the attributes too, even the one that dead letters have.
fn batch(body: &str, word: &str) -> Value {
    let attributes = json!({
        ATTRIBUTES[0]: {"dataType": "String", "stringValue": format!("={word}")},
        ATTRIBUTES[1]: {"dataType": "Binary", "binaryValue": "aDBzdGlsZQ=="},
        REASON: {"dataType": "String", "stringValue": "h0stile"},
    });
    json!({"Records": [{
        "messageId": "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10",
        "receiptHandle": "r",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "5", "SentTimestamp": "1795500000000"},
        "messageAttributes": attributes,
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{QUEUE}"),
        "awsRegion": "us-east-1",
    }]})
}
