use std::sync::{Arc, Mutex};

use aws_lambda_events::sqs::SqsMessageAttribute;
use aws_sdk_dynamodb::{
    Client,
    operation::{
        put_item::{PutItemError, PutItemOutput},
        transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
    },
    types::{
        CancellationReason,
        error::{ConditionalCheckFailedException, TransactionCanceledException},
    },
};
use aws_sdk_sns::{
    operation::publish_batch::{PublishBatchError, PublishBatchOutput},
    types::BatchResultErrorEntry,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use lambda_messaging::item::{self, text};

use super::*;

const FIRST: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10";
const SECOND: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f11";
const SOUND: &str = r#"{"from":"Berlin","to":"Bonn","when":"2026-12-24T18:00:00Z","customer":"cmr"}"#;

/// The published events, each by id and type.
type Told = Arc<Mutex<Vec<(String, String)>>>;

fn topic(told: &Told) -> Rule {
    let told = told.clone();
    mock!(aws_sdk_sns::Client::publish_batch).then_compute_output(move |batch| {
        for entry in batch.publish_batch_request_entries() {
            let event: serde_json::Value = serde_json::from_str(entry.message()).unwrap();
            let field = |name: &str| event[name].as_str().unwrap().to_owned();
            told.lock().unwrap().push((field("id"), field("type")));
        }
        PublishBatchOutput::builder().build()
    })
}

async fn receive(
    table: &[&Rule],
    topic: &Rule,
    messages: &[(&str, &str)],
    key: &str,
) -> Vec<Result<Effect, Failure>> {
    let bookings =
        Prebookings::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, table), "bookings".into());
    let topic = Publisher::new(mock_client!(aws_sdk_sns, RuleMode::MatchAny, [topic]), "topic".into());
    let attributes = [("Idempotency-Key", key), ("ExtendedRequestId", "e1="), ("Caller", " AIDA")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), attribute(value)));
    let sent_at = "2026-11-24T09:00:00Z".parse().unwrap();
    let messages: Vec<_> =
        messages.iter().map(|(id, body)| Message::new(id, sent_at, body, &attributes)).collect();
    SubmitRidePrebooking::new(bookings, topic).receive_messages(&messages).await
}

fn attribute(value: &str) -> SqsMessageAttribute {
    let mut attribute = SqsMessageAttribute::default();
    attribute.string_value = Some(format!("={value}"));
    attribute
}

fn storing(status: &'static str) -> Rule {
    mock!(Client::put_item)
        .match_requests(move |put| put.item().unwrap().get("status") == Some(&text(status)))
        .then_output(|| PutItemOutput::builder().build())
}

/// A table in which this key already stands for this booking.
fn key_of(booking: &'static str, digest: &str) -> Rule {
    let digest = digest.to_owned();
    mock!(Client::transact_write_items).then_error(move || {
        let entry = item::new([
            ("id", text("KEY#AIDA#k")),
            ("booking", text(booking)),
            ("digest", text(&digest)),
            ("submittedAt", text("2026-11-24T08:00:00.000Z")),
            ("correlationId", text("c-1")),
        ]);
        let taken = CancellationReason::builder().code("ConditionalCheckFailed").set_item(Some(entry));
        let cancelled = TransactionCanceledException::builder()
            .cancellation_reasons(taken.build())
            .cancellation_reasons(CancellationReason::builder().code("None").build());
        TransactWriteItemsError::TransactionCanceledException(cancelled.build())
    })
}

fn digest() -> String {
    digest_of(SOUND)
}

fn digest_of(body: &str) -> String {
    let attributes = [("Idempotency-Key".to_owned(), attribute("k"))];
    let message = Message::new(FIRST, "2026-11-24T09:00:00Z".parse().unwrap(), body, &attributes);
    Submission::read(&message).unwrap().key.unwrap().digest
}

#[tokio::test]
async fn a_batch_is_stored_and_told_in_one_call_sound_or_not() {
    let (told, submitted, rejected) = (Told::default(), storing("SUBMITTED"), storing("REJECTED"));
    let topic = topic(&told);
    let results = receive(&[&submitted, &rejected], &topic, &[(FIRST, SOUND), (SECOND, "{")], "").await;
    assert_eq!(results, vec![Ok(Effect::Made); 2], "a rejected submission is handled");
    assert_eq!((submitted.num_calls(), rejected.num_calls(), topic.num_calls()), (1, 1, 1));
    let events = [(FIRST, "PrebookingSubmitted"), (SECOND, "PrebookingRejected")];
    assert_eq!(*told.lock().unwrap(), events.map(|(id, kind)| (id.to_owned(), kind.to_owned())));
}

#[tokio::test]
async fn a_second_delivery_publishes_again_what_a_crash_may_have_left_unpublished() {
    let told = Told::default();
    let confirmed_meanwhile = mock!(Client::put_item).then_error(|| {
        let stored = item::new([
            ("id", text(FIRST)),
            ("witness", text("e1=")),
            ("from", text("Berlin")),
            ("to", text("Bonn")),
            ("customer", text("cmr")),
            ("when", text("2026-12-24T18:00:00Z")),
            ("status", text("CONFIRMED")),
        ]);
        let taken = ConditionalCheckFailedException::builder().set_item(Some(stored)).build();
        PutItemError::ConditionalCheckFailedException(taken)
    });
    let results = receive(&[&confirmed_meanwhile], &topic(&told), &[(FIRST, SOUND)], "").await;
    assert_eq!((results, told.lock().unwrap().len()), (vec![Ok(Effect::Duplicate)], 1));
}

#[tokio::test]
async fn a_topic_in_trouble_keeps_the_messages() {
    let topic = mock!(aws_sdk_sns::Client::publish_batch).then_error(|| {
        let error = aws_sdk_sns::error::ErrorMetadata::builder().code("Throttled").build();
        PublishBatchError::generic(error)
    });
    let results = receive(&[&storing("SUBMITTED")], &topic, &[(FIRST, SOUND)], "").await;
    assert!(results[0].as_ref().is_err_and(Failure::is_retryable), "{results:?}");
}

#[tokio::test]
async fn an_event_that_the_topic_refuses_fails_its_own_message_and_no_other() {
    let refusing = mock!(aws_sdk_sns::Client::publish_batch).then_output(|| {
        let refused = BatchResultErrorEntry::builder().id("0").code("InvalidParameter").sender_fault(true);
        PublishBatchOutput::builder().failed(refused.build().unwrap()).build()
    });
    let table = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let results = receive(&[&table], &refusing, &[(FIRST, SOUND), (SECOND, "{")], "").await;
    assert!(results[0].as_ref().is_err_and(|failure| !failure.is_retryable()), "{results:?}");
    assert_eq!(results[1], Ok(Effect::Made));
}

#[tokio::test]
async fn with_a_key_the_booking_and_the_keys_entry_are_one_transaction() {
    let told = Told::default();
    let rule = mock!(Client::transact_write_items)
        .match_requests(|transact| {
            let [key, booking] = transact.transact_items() else { return false };
            let (key, booking) = (key.put().unwrap().item(), booking.put().unwrap().item());
            key["id"] == text("KEY#AIDA#k")
                && key["booking"] == text(FIRST)
                && booking["status"] == text("SUBMITTED")
        })
        .then_output(|| TransactWriteItemsOutput::builder().build());
    let results = receive(&[&rule], &topic(&told), &[(FIRST, SOUND)], "k").await;
    assert_eq!((results, told.lock().unwrap().len()), (vec![Ok(Effect::Made)], 1));
}

#[tokio::test]
async fn the_same_key_and_request_is_the_same_booking_under_one_more_id() {
    let told = Told::default();
    let alias = mock!(Client::put_item)
        .match_requests(|put| {
            let item = put.item().unwrap();
            item["id"] == text(SECOND) && item["aliasOf"] == text(FIRST)
        })
        .then_output(|| PutItemOutput::builder().build());
    let results = receive(&[&key_of(FIRST, &digest()), &alias], &topic(&told), &[(SECOND, SOUND)], "k").await;
    assert!(matches!(results[..], [Ok(Effect::Nothing(_))]), "{results:?}");
    assert_eq!(alias.num_calls(), 1);
    // The first message's event may not have been published.
    assert_eq!(*told.lock().unwrap(), [(FIRST.to_owned(), "PrebookingSubmitted".to_owned())]);
}

#[tokio::test]
async fn a_repetition_is_judged_and_told_as_of_the_first_request() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    let topic = mock!(aws_sdk_sns::Client::publish_batch).then_compute_output(move |batch| {
        let events = batch.publish_batch_request_entries().iter();
        heard.lock().unwrap().extend(events.map(|entry| entry.message().to_owned()));
        PublishBatchOutput::builder().build()
    });
    // At nine, half past eight has passed; the first request came at eight.
    let late = SOUND.replace("2026-12-24T18:00", "2026-11-24T08:30");
    let alias = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let key = key_of(FIRST, &digest_of(&late));
    receive(&[&key, &alias], &topic, &[(SECOND, &late)], "k").await.remove(0).unwrap();
    let event: serde_json::Value = serde_json::from_str(&events.lock().unwrap()[0]).unwrap();
    assert_eq!((&event["id"], &event["type"]), (&FIRST.into(), &"PrebookingSubmitted".into()));
    assert_eq!((&event["time"], &event["correlationid"]), (&"2026-11-24T08:00:00Z".into(), &"c-1".into()));
}

#[tokio::test]
async fn an_id_of_another_request_is_refused() {
    let told = Told::default();
    let of_another = || {
        let stored =
            item::new([("id", text(FIRST)), ("witness", text("e0=")), ("status", text("SUBMITTED"))]);
        let taken = ConditionalCheckFailedException::builder().set_item(Some(stored)).build();
        PutItemError::ConditionalCheckFailedException(taken)
    };
    // An invalid request: only its id and API Gateway's other id are stored.
    let put = mock!(Client::put_item).then_error(of_another);
    let cancelled = mock!(Client::transact_write_items).then_error(|| {
        let taken = CancellationReason::builder().code("ConditionalCheckFailed");
        let cancelled = TransactionCanceledException::builder()
            .cancellation_reasons(CancellationReason::builder().code("None").build())
            .cancellation_reasons(taken.build());
        TransactWriteItemsError::TransactionCanceledException(cancelled.build())
    });
    for (body, key) in [("{", ""), (SOUND, "k")] {
        let result = receive(&[&put, &cancelled], &topic(&told), &[(FIRST, body)], key).await.remove(0);
        let failure = result.unwrap_err();
        let (reason, retried) = (failure.reason().error_type.as_str(), failure.is_retryable());
        assert_eq!((reason, retried), ("IdempotencyConflict", false));
    }
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_second_delivery_of_the_message_that_took_the_key_is_no_repetition() {
    let told = Told::default();
    let results = receive(&[&key_of(FIRST, &digest())], &topic(&told), &[(FIRST, SOUND)], "k").await;
    assert_eq!((results, told.lock().unwrap().len()), (vec![Ok(Effect::Duplicate)], 1));
}

#[tokio::test]
async fn the_same_key_with_another_request_is_rejected_by_its_own_id() {
    let (told, rejected) = (Told::default(), storing("REJECTED"));
    let results =
        receive(&[&key_of(FIRST, "other"), &rejected], &topic(&told), &[(SECOND, SOUND)], "k").await;
    assert_eq!((results, rejected.num_calls()), (vec![Ok(Effect::Made)], 1));
    assert_eq!(*told.lock().unwrap(), [(SECOND.to_owned(), "PrebookingRejected".to_owned())]);
}
