mod batch;

use aws_sdk_sesv2::config::{retry::RetryConfig, timeout::TimeoutConfig};
use contracts::RideCompleted;
use function_testkit::{Aws, aws::Call, example_payload};
use jiff::SignedDuration;
use lambda_messaging::{Function, IncomingPayload};
use serde_json::{Value, json};

use super::*;
use crate::bad_input::receiver;

/// The request line of the call that sends an e-mail.
const SEND: &str = "POST https://email.us-east-1.amazonaws.com/v2/email/outbound-emails";
const HOUR: i64 = 3_600;

/// An AWS with this address on file.
fn aws(address: &str) -> Aws {
    let aws = Aws::default();
    let email = if address.is_empty() { json!({}) } else { json!({"email": {"S": address}}) };
    aws.answer("GetItem", json!({ "Item": email }).to_string());
    aws.answer(SEND, r#"{"MessageId":"ses-1"}"#);
    aws
}

/// An AWS in which the notification already has a record, made from the record that is put.
fn aws_with(record: impl Fn(&Value) -> Value + Send + 'static) -> Aws {
    let aws = aws("cmr@example.com");
    aws.refuse_with("PutItem", usize::MAX, 400, move |put| {
        json!({"__type": "ConditionalCheckFailedException", "Item": record(&put.json()["Item"])}).to_string()
    });
    aws
}

/// An AWS without an address on file, in which the notification's record has this status.
fn aws_without_address_with(record: Value) -> Aws {
    let aws = aws("");
    aws.refuse_with("PutItem", 1, 400, move |_| {
        json!({"__type": "ConditionalCheckFailedException", "Item": record}).to_string()
    });
    aws
}

/// Delivers a ride that was completed an hour ago once, to a function whose clients retry as they do on Lambda.
async fn deliver(aws: &Aws) -> Result<Effect, Failure> {
    deliver_of(aws, seconds_ago(HOUR)).await
}

/// The receiver, with clients that retry as they do on Lambda.
fn receiver_in(aws: &Aws) -> NotifyCustomer {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(3));
    let config = aws.function().aws().to_builder().timeout_config(timeouts.build());
    let config = config.retry_config(RetryConfig::standard().with_max_attempts(3));
    receiver(&Function::new(crate::SERVICE, config.build(), |_| None))
}

/// Delivers a ride that was completed at this time once.
async fn deliver_of(aws: &Aws, completed: Timestamp) -> Result<Effect, Failure> {
    let receiver = receiver_in(aws);
    let event = sent("RideCompleted", &json!(ride()));
    let event = Event { time: completed, ..Event::parse(&event).unwrap() };
    receiver.receive(event).await
}

fn ride() -> RideCompleted {
    example_payload("envelope/ride-completed.json")
}

/// An event as it comes from a topic.
fn sent(event_type: &str, data: &Value) -> String {
    let id = Occasion::read(event_type, &data.to_string()).unwrap().event_id();
    json!({"specversion": "1.0", "id": id, "source": "/test", "type": event_type, "correlationid": "c",
           "time": "2026-11-24T05:00:00Z", "data": data})
    .to_string()
}

fn claimed(until: Timestamp) -> Value {
    json!({"status": {"S": "SENDING"}, "claimedUntil": {"N": until.as_second().to_string()}, "claimedBy": {"S": "x"}})
}

fn seconds_ago(seconds: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_secs(seconds)
}

/// The calls that were made, in their order, each with the status that it recorded.
fn story(aws: &Aws) -> Vec<String> {
    story_of(aws.take_calls())
}

fn story_of(calls: Vec<Call>) -> Vec<String> {
    calls
        .into_iter()
        .map(|call| {
            let json = call.json();
            let put = json["Item"]["status"]["S"].as_str();
            let updated = json["ExpressionAttributeValues"][":sent"]["S"].as_str();
            match call.operation.as_str() {
                "GetItem" => "look".to_owned(),
                "BatchGetItem" => "look together".to_owned(),
                SEND => "send".to_owned(),
                "UpdateItem" => updated.unwrap_or("give up").to_owned(),
                "PutItem" if json["TableName"] == "withheld" => "withhold".to_owned(),
                _ => put.unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

fn error_type(result: Result<Effect, Failure>) -> String {
    result.unwrap_err().reason().error_type.clone()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_goes_to_the_address_on_file() {
    let aws = aws("cmr@example.com");
    assert_eq!(deliver(&aws).await, Ok(Effect::Made));
    let calls = aws.take_calls();
    let (looked_up, sent, recorded) = (calls[0].json(), calls[2].json(), calls[3].json());
    assert_eq!(looked_up["ConsistentRead"], true, "an address that has just come is seen");
    assert_eq!(looked_up["ProjectionExpression"], "email, failing", "and whether it fails");
    assert_eq!(sent["Destination"]["ToAddresses"], json!(["cmr@example.com"]));
    assert_eq!(sent["FromEmailAddress"], "from@example.com");
    assert_eq!(recorded["ExpressionAttributeValues"][":id"]["S"], "ses-1");
    assert_eq!(calls.len(), 4, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn no_address_on_file_is_no_error_and_the_event_is_withheld_until_there_is_one() {
    let (aws, completed) = (aws(""), seconds_ago(HOUR));
    assert_eq!(deliver_of(&aws, completed).await, Ok(Effect::Nothing("no address on file")));
    let calls = aws.take_calls();
    let withheld = &calls[2].json()["Item"];
    let event = Event::<Occasion>::parse(withheld["event"]["S"].as_str().unwrap()).unwrap();
    assert_eq!((event.time, withheld["eventId"]["S"].as_str()), (completed, Some(&*event.id)));
    assert_eq!(
        (&withheld["customer"]["S"], &withheld["correlationId"]["S"]),
        (&json!("jane-doe"), &json!("c"))
    );
    let expires = (completed + SignedDuration::from_hours(24)).as_second();
    assert_eq!(withheld["expiresAt"]["N"], expires.to_string(), "a day after the event, whenever it comes");
    assert!(withheld["recordedAt"]["S"].is_string(), "{withheld}");
    assert_eq!(story_of(calls), ["look", "NO_ADDRESS", "withhold", "look"]);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_comes_while_the_event_is_being_withheld_is_used_at_once() {
    let aws = aws("cmr@example.com");
    // The stream may have delivered the new address before the event was withheld.
    aws.refuse_with("GetItem", 1, 200, |_| "{}".to_owned());
    assert_eq!(deliver(&aws).await, Ok(Effect::Made));
    assert_eq!(story(&aws), ["look", "NO_ADDRESS", "withhold", "look", "SENDING", "send", "SENT"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_older_than_the_window_is_not_withheld() {
    let aws = aws("");
    assert_eq!(deliver_of(&aws, seconds_ago(24 * HOUR)).await, Ok(Effect::Nothing("no address on file")));
    assert_eq!(story(&aws), ["look", "NO_ADDRESS", "look"]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_does_not_prolong_the_window() {
    let (aws, now) = (aws(""), Timestamp::now());
    deliver_of(&aws, seconds_ago(-48 * HOUR)).await.unwrap();
    let expires: i64 =
        aws.take_calls()[2].json()["Item"]["expiresAt"]["N"].as_str().unwrap().parse().unwrap();
    assert!((24 * HOUR..24 * HOUR + 60).contains(&(expires - now.as_second())), "{expires}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_withheld_is_withheld_once_more_if_it_comes_again() {
    let aws = aws_without_address_with(json!({"status": {"S": "NO_ADDRESS"}}));
    assert_eq!(deliver(&aws).await, Ok(Effect::Duplicate));
    assert_eq!(story(&aws), ["look", "NO_ADDRESS", "withhold", "look"]);
}

#[tokio::test(start_paused = true)]
async fn a_sent_notification_is_not_withheld_after_the_address_is_removed() {
    let aws = aws_without_address_with(json!({"status": {"S": "SENT"}}));
    assert_eq!(deliver(&aws).await, Ok(Effect::Duplicate));
    assert_eq!(story(&aws), ["look", "NO_ADDRESS"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_could_not_be_withheld_stays_in_its_queue() {
    let aws = aws("");
    // The record's write, which succeeds, and every try of the withheld event's write.
    aws.refuse_with("PutItem", 1, 200, |_| "{}".to_owned());
    aws.refuse("PutItem", 3, 500, "InternalServerError");
    assert!(deliver(&aws).await.unwrap_err().is_retryable());
    assert_eq!(story(&aws), ["look", "NO_ADDRESS", "withhold", "withhold", "withhold"]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_takes_what_was_withheld_and_nothing_that_was_sent() {
    let aws = aws("cmr@example.com");
    deliver(&aws).await.unwrap();
    let claim = aws.take_calls()[1].json();
    assert!(claim["ConditionExpression"].as_str().unwrap().ends_with("OR #status = :no_address"), "{claim}");
    let sent = aws_with(|_| json!({"status": {"S": "SENT"}}));
    assert_eq!(deliver(&sent).await, Ok(Effect::Duplicate));
    assert_eq!(story(&sent), ["look", "SENDING"]);
}

#[test]
fn a_window_is_at_least_an_hour() {
    for (hours, is_one) in
        [("24", true), ("1", true), ("0", false), ("-1", false), ("1.5", false), ("", false)]
    {
        assert_eq!(WithheldFor::parse(hours).is_ok(), is_one, "{hours}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_longer_than_other_services_is_waited_for() {
    let aws = aws("cmr@example.com");
    aws.answer_after(SEND, Duration::from_millis(3_100));
    assert_eq!(deliver(&aws).await, Ok(Effect::Made));
    assert_eq!(story(&aws), ["look", "SENDING", "send", "SENT"]);
}

#[tokio::test(start_paused = true)]
async fn an_email_that_ses_may_have_taken_is_never_sent_again_by_itself() {
    let late = aws("cmr@example.com");
    late.answer_after(SEND, Duration::from_secs(6));
    let failing = aws("cmr@example.com");
    failing.refuse(SEND, 1, 500, "InternalFailure");
    for aws in [late, failing] {
        let failure = deliver(&aws).await.unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("PerhapsSent", false));
        assert_eq!(story(&aws), ["look", "SENDING", "send"], "the claim stays");
    }
}

#[tokio::test(start_paused = true)]
async fn the_record_of_a_sent_e_mail_is_retried() {
    let aws = aws("cmr@example.com");
    aws.refuse("UpdateItem", 5, 400, "AccessDeniedException");
    assert_eq!(deliver(&aws).await, Ok(Effect::Made));
    assert_eq!(story(&aws), ["look", "SENDING", "send", "SENT", "SENT", "SENT", "SENT", "SENT", "SENT"]);
}

#[tokio::test(start_paused = true)]
async fn a_sent_e_mail_that_can_not_be_recorded_goes_to_people_in_time() {
    let aws = aws("cmr@example.com");
    aws.refuse("UpdateItem", usize::MAX, 400, "AccessDeniedException");
    let began = Instant::now();
    let failure = deliver(&aws).await.unwrap_err();
    assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("PerhapsSent", false));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let story = story(&aws);
    assert_eq!(story.iter().filter(|call| *call == "send").count(), 1);
    assert!(!story.contains(&"give up".to_owned()), "{story:?}");
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_waited_for_while_its_holder_may_be_at_work_and_then_goes_to_people() {
    for (until, error) in [(seconds_ago(-10), "ClaimedElsewhere"), (seconds_ago(10), "PerhapsSent")] {
        let aws = aws_with(move |_| claimed(until));
        assert_eq!(error_type(deliver(&aws).await), error);
        assert_eq!(story(&aws), ["look", "SENDING"]);
        aws.answer("GetItem", "{}");
        assert_eq!(error_type(deliver(&aws).await), error, "although there is no address any more");
    }
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_answer_was_lost_is_known_as_our_own() {
    let aws = aws_with(Value::clone);
    assert_eq!(deliver(&aws).await, Ok(Effect::Made));
    assert_eq!(story(&aws), ["look", "SENDING", "send", "SENT"]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_may_stand_although_it_failed_is_given_up() {
    let aws = aws("cmr@example.com");
    aws.refuse("PutItem", 3, 500, "InternalServerError");
    assert!(deliver(&aws).await.unwrap_err().is_retryable());
    assert_eq!(story(&aws), ["look", "SENDING", "SENDING", "SENDING", "give up"]);
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_not_claimed_without_time_to_send_it() {
    let aws = aws("cmr@example.com");
    aws.answer_after("GetItem", Duration::from_millis(2_900));
    aws.refuse("GetItem", 1, 500, "InternalServerError");
    assert_eq!(error_type(deliver(&aws).await), "OutOfTime");
    assert_eq!(story(&aws), ["look", "look"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_ses_gives_the_claim_up_and_a_quota_is_waited_out() {
    for (status, code, throttled, retried) in [
        (429, "TooManyRequestsException", true, true),
        (400, "ThrottlingException", true, true),
        (400, "LimitExceededException", true, true),
        (400, "SendingPausedException", true, true),
        (400, "AccountSuspendedException", false, true),
        (400, "MailFromDomainNotVerifiedException", false, true),
        (503, "ServiceUnavailable", false, true),
        (403, "AccessDeniedException", false, true),
        (400, "MessageRejected", false, false),
        (400, "BadRequestException", false, false),
    ] {
        let aws = aws("cmr@example.com");
        aws.refuse(SEND, 1, status, code);
        let failure = deliver(&aws).await.unwrap_err();
        let told = (failure.reason().error_type.as_str(), failure.is_throttling(), failure.is_retryable());
        assert_eq!(told, (code, throttled, retried));
        assert_eq!(story(&aws), ["look", "SENDING", "send", "give up"], "{code}");
        assert!(!failure.to_string().contains("cmr@"), "{failure}");
    }
}

#[test]
fn the_outcome_of_a_fare_is_an_occasion_of_its_own() {
    let ride = ride();
    let mut data =
        json!({"fare": ride.ride, "customer": "cmr", "amount": "256.50", "reason": "PaymentAuthException"});
    let mut ids = Vec::new();
    for event_type in ["FareCollected", "FareCollectionFailed"] {
        let event = Event::<Occasion>::parse(&sent(event_type, &data)).unwrap();
        assert_eq!(event.data.ride(), ride.ride);
        ids.push(event.id);
    }
    assert!(
        ids[0] != ids[1] && !ids.contains(&ride.ride.to_string()),
        "each has a notification of its own: {ids:?}"
    );
    data["amount"] = json!("-1");
    assert!(Occasion::read("FareCollected", &data.to_string()).is_err());
    assert!(Occasion::read("RideStarted", "{}").is_err());
}

#[tokio::test(start_paused = true)]
async fn an_empty_address_is_none() {
    let aws = aws("");
    aws.answer("GetItem", r#"{"Item": {"email": {"S": ""}}}"#);
    assert_eq!(deliver(&aws).await, Ok(Effect::Nothing("no address on file")));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_fails_gets_no_email_and_the_record_says_why() {
    for (mark, because) in [
        ("BOUNCED", "the address on file bounced"),
        ("COMPLAINED", "the reader at the address on file complained"),
    ] {
        let aws = aws("");
        let contact = json!({"email": {"S": "cmr@example.com"}, "failing": {"S": mark}});
        aws.answer("GetItem", json!({ "Item": contact }).to_string());
        assert_eq!(deliver(&aws).await, Ok(Effect::Nothing(because)));
        let calls = aws.take_calls();
        assert_eq!(calls[1].json()["Item"]["because"]["S"], mark);
        assert_eq!(story_of(calls), ["look", "NO_ADDRESS", "withhold", "look"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_email_names_its_customer_and_the_set_whose_reports_come_back_to_us() {
    let aws = aws("cmr@example.com");
    deliver(&aws).await.unwrap();
    let sent = aws.take_calls()[2].json();
    assert_eq!(sent["ConfigurationSetName"], "set");
    assert_eq!(sent["EmailTags"], json!([{"Name": "customer", "Value": ride().customer}]));
}
