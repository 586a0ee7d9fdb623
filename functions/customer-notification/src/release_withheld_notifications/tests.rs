use function_testkit::{Aws, aws::Call};
use lambda_messaging::outbox;
use serde_json::{Value, json};

use super::*;

/// A change of a contact in the stream, which carries only its key.
fn change(name: &str, customer: &str) -> Value {
    json!({
        "eventName": name, "awsRegion": "us-east-1", "eventID": "1", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1, "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "KEYS_ONLY",
            "Keys": {"customer": {"S": customer}},
        },
    })
}

/// Hands a batch of the stream to the function; returns the name of its error.
async fn give(aws: &Aws, changes: &[Value]) -> Result<(), String> {
    let function = aws.function();
    let withheld = Withheld::new(aws_sdk_dynamodb::Client::new(function.aws()), "withheld".into());
    let release = ReleaseWithheldNotifications::new(withheld, Client::new(function.aws()), "queue".into());
    let handle = outbox::handler(&function, release).unwrap();
    let event = serde_json::from_value(json!({ "Records": changes })).unwrap();
    handle(event).await.map_err(|diagnostic| diagnostic.error_type)
}

/// An AWS in which these events are withheld.
fn aws(events: &[&Value]) -> Aws {
    let aws = Aws::default();
    aws.answer("Query", json!({"Items": events, "Count": events.len()}).to_string());
    aws
}

/// A withheld event.
fn withheld(id: &str) -> Value {
    json!({"customer": {"S": "cmr"}, "eventId": {"S": id}, "correlationId": {"S": "c"}, "event": {"S": format!("event {id}")},
           "recordedAt": {"S": format!("as of {id}")}, "expiresAt": {"N": "9999999999"}})
}

/// The calls that were made, in their order, each with its subject.
fn story(calls: &[Call]) -> Vec<String> {
    let calls = calls.iter().map(|call| {
        let json = call.json();
        match call.operation.as_str() {
            "Query" => {
                format!("look for {}", json["ExpressionAttributeValues"][":customer"]["S"].as_str().unwrap())
            }
            "DeleteItem" => format!("forget {}", json["Key"]["eventId"]["S"].as_str().unwrap()),
            "SendMessage" if call.dead_letter().is_some() => call.dead_letter().unwrap().0,
            "SendMessage" => {
                format!("{} to {}", json["MessageBody"].as_str().unwrap(), json["QueueUrl"].as_str().unwrap())
            }
            other => other.to_owned(),
        }
    });
    calls.collect()
}

#[tokio::test]
async fn a_withheld_event_goes_back_into_its_queue_and_is_then_deleted() {
    let aws = aws(&[&withheld("1"), &withheld("2")]);
    assert_eq!(give(&aws, &[change("INSERT", "cmr")]).await, Ok(()));
    let calls = aws.take_calls();
    let expected = ["look for cmr", "event 1 to queue", "forget 1", "event 2 to queue", "forget 2"];
    assert_eq!(story(&calls), expected);
    assert_eq!(calls[0].json()["ConsistentRead"], true, "an event that was just withheld is found");
    assert_eq!(calls[0].json()["FilterExpression"], "expiresAt > :now", "an expired event is not");
    assert_eq!(calls[2].json()["ExpressionAttributeValues"][":read"]["S"], "as of 1");
}

#[tokio::test]
async fn an_address_that_changes_releases_what_is_still_withheld_and_one_that_is_removed_nothing() {
    let aws = aws(&[]);
    let changes = [change("MODIFY", "cmr"), change("REMOVE", "asb"), change("INSERT", "dun")];
    assert_eq!(give(&aws, &changes).await, Ok(()));
    assert_eq!(story(&aws.take_calls()), ["look for cmr", "look for dun"]);
}

#[tokio::test]
async fn an_event_that_was_withheld_once_more_is_not_forgotten() {
    let aws = aws(&[&withheld("1")]);
    aws.refuse("DeleteItem", 1, 400, "ConditionalCheckFailedException");
    assert_eq!(give(&aws, &[change("INSERT", "cmr")]).await, Ok(()));
    let calls = aws.take_calls();
    assert_eq!(calls[2].json()["ConditionExpression"], "recordedAt = :read");
}

#[tokio::test]
async fn a_release_in_trouble_is_retried_and_not_dead_lettered() {
    for (operation, code, calls) in [
        ("Query", "ThrottlingException", &["look for cmr"][..]),
        ("SendMessage", "RequestThrottled", &["look for cmr", "event 1 to queue"]),
        ("SendMessage", "KmsThrottled", &["look for cmr", "event 1 to queue"]),
        ("SendMessage", "AccessDenied", &["look for cmr", "event 1 to queue"]),
        ("DeleteItem", "InternalServerError", &["look for cmr", "event 1 to queue", "forget 1"]),
    ] {
        let aws = aws(&[&withheld("1")]);
        aws.refuse(operation, 1, 400, code);
        let changes = [change("INSERT", "cmr"), change("INSERT", "not a customer"), change("INSERT", "dun")];
        assert_eq!(give(&aws, &changes).await, Err(code.to_owned()));
        assert_eq!(story(&aws.take_calls()), calls, "{code}: nothing is lost, nothing steps aside");
    }
}

#[tokio::test]
async fn an_event_that_can_never_be_released_does_not_hold_up_the_others() {
    let mut nothing_in_it = withheld("1");
    nothing_in_it.as_object_mut().unwrap().remove("event");
    let mut no_message = withheld("1");
    no_message["event"]["S"] = "\u{ffff}".into();
    for (poison, reason) in [(nothing_in_it, "MalformedRow"), (no_message, "InvalidMessageContents")] {
        let aws = aws(&[&poison, &withheld("2")]);
        assert_eq!(give(&aws, &[change("INSERT", "cmr"), change("INSERT", "not a customer")]).await, Ok(()));
        let calls = aws.take_calls();
        let story = story(&calls);
        assert!(
            story.ends_with(&["event 2 to queue", "forget 2", "MalformedRow", reason].map(String::from)),
            "{story:?}"
        );
        assert!(!story.contains(&"forget 1".to_owned()), "{story:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_takes_too_long_ends_before_the_function_is_stopped() {
    let aws = aws(&[&withheld("1"), &withheld("2")]);
    aws.answer_after("SendMessage", Duration::from_secs(6));
    let began = Instant::now();
    assert_eq!(give(&aws, &[change("INSERT", "cmr")]).await, Err("OutOfTime".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let expected = ["look for cmr", "event 1 to queue", "forget 1", "event 2 to queue"];
    assert_eq!(story(&aws.take_calls()), expected, "the events that were released by then are deleted");
}
