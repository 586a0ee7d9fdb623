//! Records in the dead-letter queue.

use std::sync::atomic::Ordering::SeqCst;

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::shard::{STREAM, Shard, reason};
use crate::stream::{change, delivery::StreamRecord};

#[tokio::test]
async fn a_dead_letter_carries_the_data_and_tells_where_it_comes_from() {
    let mut shard = Shard::of(&[("visitor-7", "permanent")]);
    shard.deliver().await;
    let letter = shard.letter(0);
    assert_eq!((letter.queue_url(), letter.message_body()), (Some("dlq"), Some("permanent")));
    let expected = json!({
        "errorType": "Refused", "detail": "never", "service": "test", "sourceStream": STREAM,
        "sequenceNumber": "1", "partitionKey": "visitor-7", "body": "data",
    });
    assert_eq!(reason(&letter), expected);
}

#[tokio::test]
async fn data_that_is_no_text_is_kept_in_base64() {
    let data = [0xff, 0x00, 0x80];
    let mut shard =
        Shard::of_bytes(vec![("a".to_owned(), data.to_vec()), ("a".to_owned(), b"good".to_vec())]);
    shard.deliver().await;
    let letter = shard.letter(0);
    assert_eq!(base64::decode(letter.message_body().unwrap()).unwrap(), data);
    assert_eq!(reason(&letter)["body"], "base64");
    assert_eq!(reason(&letter)["errorType"], "MalformedRecord");
    assert!(shard.left().is_empty());
}

#[tokio::test]
async fn a_record_that_is_too_large_for_a_message_goes_on_with_a_reference_and_a_reason() {
    let data = ["permanent ", &"x".repeat(2 * 1024 * 1024)].concat().into_bytes();
    let mut shard = Shard::of_bytes(vec![("a".to_owned(), data)]);
    shard.deliver().await;
    let letter = shard.letter(0);
    let body: Value = serde_json::from_str(letter.message_body().unwrap()).unwrap();
    assert_eq!((&body["stream"], &body["sequenceNumber"]), (&json!(STREAM), &json!("1")));
    assert_eq!((&reason(&letter)["body"], shard.left()), (&json!("reference"), vec![]));
}

#[tokio::test]
async fn a_record_that_can_not_be_dead_lettered_stays() {
    let mut shard = Shard::of(&[("a", "good"), ("b", "permanent"), ("a", "good"), ("c", "permanent")]);
    shard.queue_is_down.store(true, SeqCst);
    shard.deliver().await;
    assert_eq!((shard.left(), shard.letters()), (vec![1, 2, 3], vec![]));
    shard.queue_is_down.store(false, SeqCst);
    shard.deliver().await;
    let letters = [1, 3].map(|position| (position, "Refused".to_owned()));
    assert_eq!((shard.left(), shard.letters()), (vec![], letters.to_vec()));
}

#[tokio::test]
async fn a_refused_record_behind_one_that_stays_is_dead_lettered_once() {
    let mut shard = Shard::of(&[("a", "transient transient good"), ("b", "permanent")]);
    for _ in 0..2 {
        shard.deliver().await;
        assert_eq!((shard.left(), shard.letters()), (vec![0, 1], vec![]));
    }
    shard.deliver().await;
    assert_eq!((shard.left(), shard.letters().len()), (vec![], 1));
}

#[tokio::test]
async fn a_batch_full_of_poison_is_dead_lettered_in_its_order() {
    let keys: Vec<String> = (0..100).map(|key| key.to_string()).collect();
    let records: Vec<_> = keys.iter().map(|key| (key.as_str(), "permanent")).collect();
    let mut shard = Shard::of(&records);
    shard.deliver().await;
    let letters: Vec<usize> = shard.letters().into_iter().map(|(position, _)| position).collect();
    assert_eq!((shard.left(), letters), (vec![], (0..100).collect()));
}

#[test]
fn a_change_becomes_a_letter_in_the_form_in_which_its_stream_delivers_it() {
    let came = json!({
        "awsRegion": "us-east-1", "eventID": "1", "eventName": "MODIFY",
        "dynamodb": {
            "Keys": {"id": {"S": "1"}}, "NewImage": {"id": {"S": "1"}, "image": {"B": "AP8="}},
            "OldImage": {"id": {"S": "1"}, "flags": {"L": [{"BOOL": true}, {"NULL": true}]}},
            "SequenceNumber": "17", "SizeBytes": 1,
        },
    });
    let change = change::delivery(serde_json::from_value(came.clone()).unwrap()).unwrap().record;
    let letter: Value = serde_json::from_str(&change.letter().into_body("", "")).unwrap();
    assert_eq!(letter["eventName"], "MODIFY");
    for part in ["Keys", "NewImage", "OldImage"] {
        assert_eq!(letter["dynamodb"][part], came["dynamodb"][part], "{part}");
    }
}
