use aws_sdk_sns::{operation::publish_batch::PublishBatchOutput, types::PublishBatchRequestEntry};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use function_testkit::example;
use lambda_messaging::Event;
use serde_json::{Value, json};

use super::*;

const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";
const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// An example of a row with another value of an attribute, or without it.
fn row(name: &str, changes: &[(&str, Option<Value>)]) -> Row {
    let mut row: Value = serde_json::from_str(&example(&format!("fare_row/{name}.json"))).unwrap();
    for (attribute, value) in changes {
        match value {
            Some(value) => row[attribute] = value.clone(),
            None => drop(row.as_object_mut().unwrap().remove(*attribute)),
        }
    }
    serde_json::from_value(row).unwrap()
}

fn function(sns: &Rule) -> PublishFareOutcomes {
    let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [sns]);
    PublishFareOutcomes::new(Publisher::new(client, "topic".into()))
}

fn publishing(check: impl Fn(&[PublishBatchRequestEntry]) -> bool + Send + Sync + 'static) -> Rule {
    mock!(aws_sdk_sns::Client::publish_batch)
        .match_requests(move |r| check(r.publish_batch_request_entries()))
        .then_output(|| PublishBatchOutput::builder().build())
}

fn type_of(entry: &PublishBatchRequestEntry) -> &str {
    entry.message_attributes().unwrap()["type"].string_value().unwrap()
}

#[tokio::test]
async fn a_collected_fare_becomes_its_event() {
    let rule = publishing(|entries| {
        let [entry] = entries else { return false };
        let event: Value = serde_json::from_str(entry.message()).unwrap();
        type_of(entry) == "FareCollected"
            && event
                == json!({
                    "specversion": "1.0", "id": format!("{ID}-collected"), "source": "/wild-rydes/fare-collection",
                    "type": "FareCollected", "time": "2026-11-24T09:00:04.321Z", "subject": format!("fare/{ID}"),
                    "correlationid": "c-1", "traceparent": TRACE,
                    "data": {"fare": ID, "customer": "jane-doe", "amount": "8642.10"},
                })
    });
    let function = function(&rule);
    // DynamoDB leaves out the zero.
    let outcome = function.read(&row("collected", &[("amount", Some(json!({"N": "8642.1"})))])).unwrap();
    assert_eq!(function.publish(vec![outcome]).await, [Ok(())]);
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn a_fare_that_was_given_up_becomes_its_event_with_the_reason() {
    let rule = publishing(|entries| {
        let [entry] = entries else { return false };
        let event = Event::<FareCollectionFailed>::parse(entry.message()).unwrap();
        type_of(entry) == "FareCollectionFailed"
            && event.id == format!("{ID}-failed")
            && event.time == "2026-11-24T09:00:05Z".parse().unwrap()
            && event.traceparent == TraceParent::parse(TRACE)
            && (event.data.reason.as_str(), event.data.amount.to_string().as_str())
                == ("PaymentChargeException", "8642.13")
    });
    let function = function(&rule);
    let outcome = function.read(&row("failed", &[])).unwrap();
    assert_eq!(function.publish(vec![outcome]).await, [Ok(())]);
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test]
async fn a_fare_that_was_registered_without_a_trace_is_published_without_one() {
    let rule = publishing(|entries| {
        let event = Event::<FareCollected>::parse(entries[0].message()).unwrap();
        event.traceparent.is_none() && event.id == format!("{ID}-collected")
    });
    let function = function(&rule);
    let outcome = function.read(&row("collected", &[("traceparent", None)])).unwrap();
    assert_eq!(function.publish(vec![outcome]).await, [Ok(())]);
}

#[test]
fn a_row_that_ends_no_fare_or_lacks_a_part_of_the_event_is_refused_for_good() {
    let text = |text: &str| Some(json!({"S": text}));
    for (name, attribute, value) in [
        ("collected", "status", text("REGISTERED")),
        ("collected", "status", None),
        ("collected", "collectedAt", None),
        ("collected", "amount", Some(json!({"N": "-5"}))),
        ("collected", "correlationId", None),
        ("failed", "reason", None),
        ("failed", "failedAt", text("yesterday")),
        ("failed", "fareId", text("no ride")),
    ] {
        let row = row(name, &[(attribute, value)]);
        let failure = function(&publishing(|_| false)).read(&row).unwrap_err();
        let reason = failure.reason();
        assert_eq!((reason.error_type.as_str(), failure.is_retryable()), ("MalformedRow", false));
        assert!(reason.detail.contains(attribute), "{attribute}: {}", reason.detail);
    }
}
