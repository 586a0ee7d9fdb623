use std::sync::Mutex;

use aws_sdk_sqs::{Client, operation::send_message::SendMessageOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};

use super::*;
use crate::Service;

/// Publishes numbers. It always refuses 13, and 7 fails while the topic is in trouble.
#[derive(Default)]
struct Numbers {
    published: Mutex<Vec<u32>>,
    in_trouble: bool,
}

impl Outbox for Numbers {
    type Publication = u32;

    fn read(&self, row: &Row) -> Result<u32, Failure> {
        row.read("number", str::parse)
    }

    async fn publish(&self, numbers: Vec<u32>) -> Results {
        let mut published = self.published.lock().unwrap();
        let publish = |number| match number {
            13 => Err(Failure::permanent("InvalidParameter", "unlucky")),
            7 if self.in_trouble => Err(Failure::transient("Throttled", "the topic is in trouble")),
            _ => {
                published.push(number);
                Ok(())
            }
        };
        numbers.into_iter().map(publish).collect()
    }
}

fn record(name: &str, number: &str) -> Value {
    json!({
        "eventName": name, "awsRegion": "us-east-1", "eventID": "1", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "ApproximateCreationDateTime": 1, "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_IMAGE",
            "Keys": {"id": {"S": "1"}}, "NewImage": {"id": {"S": "1"}, "number": {"N": number}},
        },
    })
}

async fn deliver(outbox: &impl Outbox, rule: &Rule, records: &[Value]) -> Result<(), Failure> {
    let dlq = DeadLetterQueue {
        sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [rule]),
        url: "dlq".to_owned(),
        service: "test",
    };
    let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
    publish(outbox, &dlq, batch, &mut Metrics::new(Service::new("Test", "test"))).await
}

fn dead_letter(error_type: &'static str) -> Rule {
    mock!(Client::send_message)
        .match_requests(move |send| {
            let reason = send.message_attributes().unwrap()["DeadLetterReason"].string_value().unwrap();
            let reason: Value = serde_json::from_str(reason).unwrap();
            reason["errorType"] == error_type && reason["service"] == "test"
        })
        .then_output(|| SendMessageOutput::builder().build())
}

#[tokio::test]
async fn new_rows_are_published_together_and_changed_ones_are_not() {
    let (outbox, dlq) = (Numbers::default(), dead_letter("MalformedRow"));
    let batch = [record("INSERT", "1"), record("MODIFY", "2"), record("REMOVE", "3"), record("INSERT", "4")];
    deliver(&outbox, &dlq, &batch).await.unwrap();
    assert_eq!((outbox.published.into_inner().unwrap(), dlq.num_calls()), (vec![1, 4], 0));
}

/// Publishes the key of every row that is written, and reads no other attribute.
#[derive(Default)]
struct Keys(Mutex<Vec<String>>);

impl Outbox for Keys {
    type Publication = String;
    const CHANGES: &'static [&'static str] = &["INSERT", "MODIFY"];

    fn read(&self, row: &Row) -> Result<String, Failure> {
        row.read("id", |id| Ok::<_, Failure>(id.to_owned()))
    }

    async fn publish(&self, mut keys: Vec<String>) -> Results {
        let results = vec![Ok(()); keys.len()];
        self.0.lock().unwrap().append(&mut keys);
        results
    }
}

#[tokio::test]
async fn an_outbox_selects_the_changes_that_it_publishes_and_a_stream_of_keys_is_enough() {
    let (outbox, dlq) = (Keys::default(), dead_letter("MalformedRow"));
    let mut batch = [("INSERT", "a"), ("MODIFY", "b"), ("REMOVE", "c")].map(|(name, id)| {
        let mut record = record(name, "1");
        record["dynamodb"]["Keys"]["id"]["S"] = id.into();
        record
    });
    for record in &mut batch {
        record["dynamodb"].as_object_mut().unwrap().remove("NewImage");
    }
    deliver(&outbox, &dlq, &batch).await.unwrap();
    assert_eq!((outbox.0.into_inner().unwrap(), dlq.num_calls()), (vec!["a".into(), "b".into()], 0));
}

#[tokio::test]
async fn a_row_that_can_not_be_read_is_dead_lettered_with_its_reason() {
    let (outbox, dlq) = (Numbers::default(), dead_letter("MalformedRow"));
    deliver(&outbox, &dlq, &[record("INSERT", "-5"), record("INSERT", "5")]).await.unwrap();
    assert_eq!((outbox.published.into_inner().unwrap(), dlq.num_calls()), (vec![5], 1));
}

#[tokio::test]
async fn a_row_that_is_refused_is_dead_lettered_and_the_others_are_published() {
    let (outbox, dlq) = (Numbers::default(), dead_letter("InvalidParameter"));
    let batch = ["1", "13", "2"].map(|number| record("INSERT", number));
    deliver(&outbox, &dlq, &batch).await.unwrap();
    assert_eq!((outbox.published.into_inner().unwrap(), dlq.num_calls()), (vec![1, 2], 1));
}

#[tokio::test]
async fn a_batch_that_fails_and_comes_again_is_dead_lettered_once() {
    let (mut outbox, dlq) = (Numbers { in_trouble: true, ..Numbers::default() }, dead_letter("MalformedRow"));
    let batch = ["-5", "7", "5"].map(|number| record("INSERT", number));
    for _ in 0..3 {
        let error = deliver(&outbox, &dlq, &batch).await.unwrap_err();
        assert_eq!((error.reason().error_type.as_str(), dlq.num_calls()), ("Throttled", 0));
    }
    outbox.in_trouble = false;
    deliver(&outbox, &dlq, &batch).await.unwrap();
    assert_eq!(dlq.num_calls(), 1);
    assert!(outbox.published.into_inner().unwrap().contains(&7));
}
