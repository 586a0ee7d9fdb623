use function_testkit::{Aws, aws::Call, example};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

fn bounce() -> Value {
    serde_json::from_str(&example("email_feedback/bounce.json")).unwrap()
}

fn complaint() -> Value {
    serde_json::from_str(&example("email_feedback/complaint.json")).unwrap()
}

/// Delivers a report; gives its result and the calls that it led to.
async fn deliver(aws: &Aws, report: &str) -> (Result<Effect, Failure>, Vec<Call>) {
    let contacts = Contacts::new(aws_sdk_dynamodb::Client::new(aws.function().aws()), "contacts".into());
    let message = Message::new("1", Timestamp::now(), report, &[]);
    let result = RecordEmailFeedback::new(contacts).record(message).await;
    (result, aws.take_calls())
}

/// Delivers a report to contacts in which this stands instead of what the report expects.
async fn deliver_late(found: Value) -> Result<Effect, Failure> {
    let aws = Aws::default();
    aws.refuse_with("UpdateItem", 1, 400, move |_| {
        json!({"__type": "ConditionalCheckFailedException", "Item": found}).to_string()
    });
    deliver(&aws, &bounce().to_string()).await.0
}

#[tokio::test]
async fn an_address_that_bounces_for_good_or_complains_is_marked_as_it_was_when_the_email_was_sent() {
    for (report, because) in [(bounce(), "BOUNCED"), (complaint(), "COMPLAINED")] {
        let (result, calls) = deliver(&Aws::default(), &report.to_string()).await;
        assert_eq!(result, Ok(Effect::Made));
        let [update] = calls.as_slice() else { panic!("{calls:?}") };
        let update = update.json();
        assert_eq!(update["Key"], json!({"customer": {"S": "cmr"}}));
        let values = &update["ExpressionAttributeValues"];
        assert_eq!(values[":because"]["S"], because);
        assert_eq!(values[":address"]["S"], "jane-doe@example.com");
        assert_eq!(values[":sent_at"]["S"], "2026-11-24T05:00:01.250Z");
        let condition = update["ConditionExpression"].as_str().unwrap();
        let since = "(attribute_not_exists(recordedAt) OR recordedAt < :sent_at)";
        assert_eq!(
            condition.split(" AND ").map(str::trim).collect::<Vec<_>>(),
            ["email = :address", "attribute_not_exists(failing)", since]
        );
        assert_eq!(update["UpdateExpression"], "SET failing = :because, failingSince = :now");
        // The item tells a report that comes again from one that is too late.
        assert_eq!(update["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    }
}

#[tokio::test]
async fn a_report_that_comes_again_or_too_late_changes_nothing() {
    let again = json!({"email": {"S": "jane-doe@example.com"}, "failing": {"S": "BOUNCED"}});
    assert_eq!(deliver_late(again).await, Ok(Effect::Duplicate));
    for found in [
        json!({"email": {"S": "another@example.com"}}),
        json!({"email": {"S": "another@example.com"}, "failing": {"S": "BOUNCED"}}),
        json!({"email": {"S": "jane-doe@example.com"}, "recordedAt": {"S": "2026-11-25T00:00:00.000Z"}}),
        json!({}),
    ] {
        let result = deliver_late(found.clone()).await;
        assert!(matches!(result, Ok(Effect::Nothing(_))), "{found}: {result:?}");
    }
}

#[tokio::test]
async fn what_may_work_later_or_is_no_complaint_marks_nothing() {
    let mut transient = bounce();
    transient["bounce"]["bounceType"] = "Transient".into();
    let mut undetermined = bounce();
    undetermined["bounce"]["bounceType"] = "Undetermined".into();
    let mut no_spam = complaint();
    no_spam["complaint"]["complaintFeedbackType"] = "not-spam".into();
    let greeting = "Successfully validated SNS topic for Amazon SES event publishing.".to_owned();
    for report in [transient.to_string(), undetermined.to_string(), no_spam.to_string(), greeting] {
        let (result, calls) = deliver(&Aws::default(), &report).await;
        assert!(matches!(result, Ok(Effect::Nothing(_))), "{report}: {result:?}");
        assert_eq!(calls.len(), 0, "{report}");
    }
}

#[tokio::test]
async fn an_address_that_ses_itself_suppresses_is_marked() {
    let mut suppressed = bounce();
    suppressed["bounce"]["bounceSubType"] = "OnAccountSuppressionList".into();
    assert_eq!(deliver(&Aws::default(), &suppressed.to_string()).await.0, Ok(Effect::Made));
}

#[tokio::test]
async fn a_report_about_no_email_of_ours_is_set_aside_and_not_quoted() {
    let mut of_two = bounce();
    of_two["mail"]["destination"] = json!(["jane-doe@example.com", "another@example.com"]);
    let mut untagged = bounce();
    untagged["mail"]["tags"].as_object_mut().unwrap().remove("customer");
    let mut delivered = bounce();
    delivered["eventType"] = "Delivery".into();
    let mut bare = bounce();
    bare.as_object_mut().unwrap().remove("bounce");
    for (report, error_type) in [
        (of_two, "MalformedEvent"),
        (untagged, "MalformedEvent"),
        (bare, "MalformedEvent"),
        (delivered, "UnexpectedEventType"),
    ] {
        let (result, calls) = deliver(&Aws::default(), &report.to_string()).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), (error_type, false));
        assert!(!failure.to_string().contains("jane-doe"), "{failure}");
        assert_eq!(calls.len(), 0);
    }
}

#[tokio::test]
async fn trouble_is_no_reason_to_forget_a_report() {
    let aws = Aws::default();
    aws.refuse("UpdateItem", 1, 400, "ThrottlingException");
    assert!(deliver(&aws, &bounce().to_string()).await.0.unwrap_err().is_throttling());
}
