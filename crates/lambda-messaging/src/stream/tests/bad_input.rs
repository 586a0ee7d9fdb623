//! Batches and records that are not as they should be.

use aws_config::{BehaviorVersion, SdkConfig};
use lambda_runtime::{Context, LambdaEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::shard::{Shard, batch};
use crate::{
    Effect, Failure, Function, Service,
    log_lines::LogLines,
    stream::{self, Change, ChangeKind, Receiver, Record},
};

/// A function whose settings name a queue, or none.
fn function(setting: fn(&str) -> Option<String>) -> Function {
    let aws = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
    Function::new(Service::new("Test", "test"), aws, setting)
}

fn with_queue() -> Function {
    function(|name| (name == "DEAD_LETTER_QUEUE_URL").then(|| "dlq".to_owned()))
}

fn a_minute() -> Context {
    let mut context = Context::default();
    context.deadline = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap() + 60_000;
    context
}

/// Keeps what the records say, and skips the kinds of changes that it doesn't know.
struct AsSaid;

impl Receiver<Record> for AsSaid {
    async fn receive(&self, record: &Record) -> Result<Effect, Failure> {
        let keep: bool = record.json().or(Ok::<_, Failure>(true))?;
        if keep { Err(Failure::transient("Busy", "try later")) } else { Ok(Effect::Made) }
    }
}

impl Receiver<Change> for AsSaid {
    async fn receive(&self, change: &Change) -> Result<Effect, Failure> {
        match change.kind {
            ChangeKind::Insert | ChangeKind::Modify => Err(Failure::transient("Busy", "try later")),
            ChangeKind::Remove if change.is_expiry => Err(Failure::transient("Expiry", "try later")),
            ChangeKind::Remove | ChangeKind::Other => Ok(Effect::Nothing("not interested")),
        }
    }
}

async fn kinesis(came: Value) -> Result<Value, String> {
    let function = with_queue();
    let consume = stream::kinesis(&function, AsSaid).unwrap();
    let came = serde_json::from_value(came).map_err(|error| error.to_string())?;
    let response = consume(LambdaEvent::new(came, a_minute())).await;
    Ok(serde_json::to_value(response.map_err(|error| error.error_type)?).unwrap())
}

async fn dynamodb(came: Value) -> Result<Value, String> {
    let function = with_queue();
    let consume = stream::dynamodb(&function, AsSaid).unwrap();
    let came = serde_json::from_value(came).map_err(|error| error.to_string())?;
    let response = consume(LambdaEvent::new(came, a_minute())).await;
    Ok(serde_json::to_value(response.map_err(|error| error.error_type)?).unwrap())
}

fn change(name: &str, number: &str) -> Value {
    json!({
        "awsRegion": "us-east-1", "eventID": "1", "eventName": name,
        "dynamodb": {"Keys": {"id": {"S": number}}, "SequenceNumber": number, "SizeBytes": 1},
    })
}

#[tokio::test]
async fn a_missing_queue_is_named_when_the_function_starts() {
    let error = stream::kinesis(&function(|_| None), AsSaid).err().unwrap().to_string();
    assert!(error.contains("DEAD_LETTER_QUEUE_URL"), "{error}");
}

#[tokio::test]
async fn an_empty_batch_is_a_success() {
    let success = Ok(json!({ "batchItemFailures": [] }));
    assert_eq!(kinesis(json!({ "Records": [] })).await, success);
    assert_eq!(dynamodb(json!({ "Records": [] })).await, success);
}

#[tokio::test]
async fn the_response_names_the_records_that_stay_by_their_sequence_numbers() {
    let records = [("a", "false"), ("b", "true"), ("b", "false")]
        .map(|(key, data)| (key.to_owned(), data.as_bytes().to_vec()));
    let kept = |numbers: &[&str]| {
        let failures: Vec<_> = numbers.iter().map(|number| json!({ "itemIdentifier": number })).collect();
        Ok(json!({ "batchItemFailures": failures }))
    };
    assert_eq!(kinesis(batch(0, &records)).await, kept(&["2", "3"]));
    let records =
        [change("REMOVE", "111"), change("SHRINK", "222"), change("INSERT", "333"), change("MODIFY", "444")];
    assert_eq!(dynamodb(json!({ "Records": records })).await, kept(&["333", "444"]));
    let mut expiry = change("REMOVE", "555");
    expiry["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
    assert_eq!(dynamodb(json!({ "Records": [expiry] })).await, kept(&["555"]));
}

#[tokio::test]
async fn a_record_without_a_sequence_number_fails_the_invocation_loudly() {
    for without in ["", "null"] {
        let mut came = batch(0, &[("a".to_owned(), b"false".to_vec()), ("a".to_owned(), b"false".to_vec())]);
        let record = came["Records"][1]["kinesis"].as_object_mut().unwrap();
        if without.is_empty() {
            record.insert("sequenceNumber".to_owned(), json!(""));
        } else {
            record.remove("sequenceNumber");
        }
        assert_eq!(kinesis(came).await, Err("NotAStreamRecord".to_owned()), "{without}");
        let mut came = change("INSERT", "111");
        came["dynamodb"]["SequenceNumber"] = if without.is_empty() { json!("") } else { Value::Null };
        assert_eq!(
            dynamodb(json!({ "Records": [came] })).await,
            Err("NotAStreamRecord".to_owned()),
            "{without}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bytes of any kind are refused for good, or taken; they never stop the stream.
    #[test]
    fn data_of_any_kind_leaves_the_stream_going(data in proptest::collection::vec(any::<u8>(), 0..40)) {
        // No list of ways contains these.
        prop_assume!(!String::from_utf8_lossy(&data).contains(['t', 'h', 'n', 's']));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut shard = Shard::of_bytes(vec![("a".to_owned(), data.clone()), ("a".to_owned(), b"good".to_vec())]);
        runtime.block_on(shard.deliver());
        prop_assert!(shard.left().is_empty());
        let is_text = str::from_utf8(&data).is_ok();
        prop_assert_eq!(shard.letters().len(), usize::from(!is_text));
    }

    /// Data that is no event is refused for good, and the failure doesn't quote it.
    #[test]
    fn data_that_is_no_json_is_refused_for_good_and_not_quoted(secret in "[a-z]{8}") {
        let record = Record {
            data: format!("{{\"{secret}\": ").into_bytes(), partition_key: secret.clone(),
            sequence_number: "1".into(), arrived_at: None,
        };
        let failure = record.json::<Vec<u32>>().unwrap_err();
        prop_assert!(!failure.is_retryable() && !failure.to_string().contains(&secret));
    }
}

#[tokio::test]
async fn a_log_line_names_the_record_and_holds_neither_its_data_nor_its_key() {
    let log = LogLines::start();
    let secret = "jane-doe";
    let mut shard = Shard::of(&[
        (secret, "good jane-doe"),
        (secret, "permanent jane-doe"),
        ("jane-doe@example.com", "transient jane-doe"),
        ("jane-doe@example.com", "good"),
    ]);
    shard.deliver().await;
    let logged = log.text();
    for expected in
        ["shardId-000000000000:2", "dead-lettered", "kept for a retry", "\"not_attempted\":1", "Busy"]
    {
        assert!(logged.contains(expected), "{expected}: {logged}");
    }
    assert!(!logged.contains(secret), "{logged}");
}
