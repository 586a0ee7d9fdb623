//! Puts readings into the deployed stream. Run by `python3 ../local.py test`.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kinesis::{primitives::Blob, types::PutRecordsRequestEntry};
use aws_sdk_sqs::types::QueueAttributeName;
use testkit::{aws, dead_letters, eventually, functions, kill, setting};

const SENSORS: [&str; 3] = ["attic", "cellar", "roof"];
const READINGS: i32 = 40;
/// The first of them that is hot.
const HOT: i32 = 30;

fn record(sensor: &str, data: &str) -> PutRecordsRequestEntry {
    PutRecordsRequestEntry::builder().partition_key(sensor).data(Blob::new(data)).build().unwrap()
}

#[tokio::test]
#[ignore = "needs the deployed stack: python3 ../local.py test"]
async fn each_reading_is_kept_once_and_in_order_though_functions_are_killed_and_poison_is_among_them() {
    let (aws, dlq) = (aws().await, setting("DLQ_URL"));
    let (dynamodb, sqs) = (aws_sdk_dynamodb::Client::new(&aws), aws_sdk_sqs::Client::new(&aws));
    let kinesis = aws_sdk_kinesis::Client::new(&aws);
    let put = async |records: Vec<PutRecordsRequestEntry>| {
        let put = kinesis.put_records().stream_name(setting("STREAM_NAME")).set_records(Some(records));
        assert_eq!(put.send().await.unwrap().failed_record_count(), Some(0));
    };
    let kept = async || {
        let scan = dynamodb.scan().table_name(setting("SENSORS_TABLE_NAME")).consistent_read(true);
        let sensors = scan.send().await.unwrap().items.unwrap_or_default();
        let celsius = |celsius: &AttributeValue| celsius.as_n().unwrap().parse().unwrap();
        let readings = |readings: &AttributeValue| readings.as_l().unwrap().iter().map(celsius).collect();
        let sensors = sensors
            .iter()
            .map(|sensor| (sensor["sensor"].as_s().unwrap().clone(), readings(&sensor["celsius"])));
        sensors.collect::<BTreeMap<String, Vec<i32>>>()
    };

    let warnings = async || {
        let scan = dynamodb.scan().table_name(setting("WARNINGS_TABLE_NAME")).consistent_read(true);
        let warnings = scan.send().await.unwrap().items.unwrap_or_default();
        warnings.iter().map(|warning| warning["reading"].as_s().unwrap().clone()).collect::<BTreeSet<_>>()
    };

    // While the dead-letter queue refuses the poison, it stays in the stream, and comes again with all behind it.
    set_policy(&sqs, &dlq, DENY).await;
    let first = r#"{"number": 1, "celsius": 1}"#;
    let seen = async |sensor: &str| {
        eventually("its reading is kept", &kept, |kept| kept.contains_key(sensor)).await;
    };
    let mut killed = 0;
    for number in 1..=READINGS {
        let reading = format!(r#"{{"number": {number}, "celsius": {number}}}"#);
        let mut records: Vec<_> = SENSORS.iter().map(|sensor| record(sensor, &reading)).collect();
        // A producer that has lost the answer puts its reading again.
        records.push(record(SENSORS[0], &reading));
        if number == READINGS / 2 {
            records.push(record(SENSORS[0], "poison"));
            put_and_delete_nonsense(&dynamodb).await;
        }
        put(records).await;
        if number == READINGS / 2 {
            // The first one is handled beside the poison. The second one comes after that batch has ended, with the poison again.
            for sensor in ["beside", "behind"] {
                put(vec![record(sensor, first)]).await;
                seen(sensor).await;
            }
            assert!(dead_letters(&sqs, &dlq).await.is_empty());
            set_policy(&sqs, &dlq, "").await;
        }
        if number % 5 == 0 {
            let running =
                eventually("a function runs", async || functions(), |found| !found.is_empty()).await;
            killed += running.iter().filter(|process| kill(process)).count();
        }
    }
    assert!(killed > 0, "no function was killed");

    let whole: Vec<i32> = (1..=READINGS).collect();
    let mut expected: BTreeMap<_, _> = SENSORS.map(|sensor| (sensor.to_owned(), whole.clone())).into();
    expected.extend(["beside", "behind"].map(|sensor| (sensor.to_owned(), vec![1])));
    eventually("every reading is kept, in order", &kept, |kept| *kept == expected).await;
    let hot = |sensor: &str| (HOT..=READINGS).map(|number| format!("{sensor}/{number}")).collect::<Vec<_>>();
    let expected = SENSORS.into_iter().flat_map(hot).collect();
    eventually("every hot reading is warned of", warnings, |warnings| *warnings == expected).await;

    let letters = RefCell::new(BTreeSet::new());
    let look = async || {
        let seen = dead_letters(&sqs, &dlq).await.into_iter();
        letters.borrow_mut().extend(seen.map(|letter| (letter.error_type.unwrap_or_default(), letter.body)));
        letters.borrow().clone()
    };
    let nonsense = r#"{"dynamodb":{"Keys":{"sensor":{"S":"broken"}},"NewImage":{"celsius":{"L":[{"S":"hot"}]},"sensor":{"S":"broken"}}},"eventName":"INSERT"}"#;
    let expected = [("MalformedEvent", "poison"), ("MalformedRow", nonsense)];
    let expected = expected.map(|(error_type, body)| (error_type.to_owned(), body.to_owned())).into();
    eventually("what can't be handled is set aside", look, |letters| *letters == expected).await;
}

/// Puts a row that makes no sense, whose change stays in the table's stream.
async fn put_and_delete_nonsense(dynamodb: &aws_sdk_dynamodb::Client) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = dynamodb.put_item().table_name(setting("SENSORS_TABLE_NAME")).item("sensor", text("broken"));
    put.item("celsius", AttributeValue::L(vec![text("hot")])).send().await.unwrap();
    let delete = dynamodb.delete_item().table_name(setting("SENSORS_TABLE_NAME"));
    delete.key("sensor", text("broken")).send().await.unwrap();
}

const DENY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}"#;

async fn set_policy(sqs: &aws_sdk_sqs::Client, queue: &str, policy: &str) {
    let set = sqs.set_queue_attributes().queue_url(queue).attributes(QueueAttributeName::Policy, policy);
    set.send().await.unwrap();
}
