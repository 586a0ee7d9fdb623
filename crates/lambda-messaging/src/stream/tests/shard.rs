//! A shard, its records, and a receiver that handles each record the way that the record says.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use aws_lambda_events::kinesis::KinesisEvent;
use aws_sdk_sqs::{
    Client,
    operation::send_message::{SendMessageError, SendMessageInput, SendMessageOutput},
};
use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
use aws_smithy_types::base64;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::{
    Effect, Failure, Service,
    dead_letter_queue::DeadLetterQueue,
    dead_letter_reason::REASON,
    stream::{Consumer, Receiver, Record, record},
};

pub(super) const STREAM: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks";

pub(super) struct Shard {
    /// The records' keys and data.
    records: Vec<(String, Vec<u8>)>,
    /// The position of the first record that Lambda delivers.
    checkpoint: usize,
    consumer: Consumer<Arc<Told>>,
    told: Arc<Told>,
    letters: Arc<Mutex<Vec<SendMessageInput>>>,
    pub queue_is_down: Arc<AtomicBool>,
}

/// The records that the receiver got, and its effects. The data of a record is the list of the ways in which its attempts end; the last is
/// repeated.
#[derive(Default)]
pub(super) struct Told {
    attempted: Mutex<Vec<usize>>,
    handled: Mutex<Vec<usize>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Receiver<Record> for Arc<Told> {
    async fn receive(&self, record: &Record) -> Result<Effect, Failure> {
        let position = record.sequence_number.parse::<usize>().unwrap() - 1;
        let attempts = {
            let mut attempted = self.attempted.lock().unwrap();
            attempted.push(position);
            attempted.iter().filter(|other| **other == position).count()
        };
        self.most.fetch_max(self.now.fetch_add(1, SeqCst) + 1, SeqCst);
        // Others get their turn, if it is theirs.
        tokio::task::yield_now().await;
        self.now.fetch_sub(1, SeqCst);
        let ways: Vec<&str> = record.text()?.split(' ').collect();
        match *ways.get(attempts - 1).or(ways.last()).unwrap() {
            "panic" => panic!("on purpose"),
            "transient" => Err(Failure::transient("Busy", "try later")),
            "throttled" => Err(Failure::throttled("Throttled", "try later")),
            "permanent" => Err(Failure::permanent("Refused", "never")),
            "hang" => std::future::pending().await,
            way => {
                if let Some(seconds) = way.strip_suffix('s') {
                    sleep(Duration::from_secs(seconds.parse().unwrap())).await;
                }
                self.handled.lock().unwrap().push(position);
                Ok(Effect::Made)
            }
        }
    }
}

/// A batch as Lambda hands it over. The sequence numbers are the positions in the shard, counted from 1.
pub(super) fn batch(first: usize, records: &[(String, Vec<u8>)]) -> Value {
    let record = |(n, (key, data)): (usize, &(String, Vec<u8>))| {
        let number = (first + n + 1).to_string();
        json!({
            "eventID": format!("shardId-000000000000:{number}"), "eventName": "aws:kinesis:record",
            "eventSource": "aws:kinesis", "eventSourceARN": STREAM,
            "kinesis": {
                "partitionKey": key, "sequenceNumber": number, "data": base64::encode(data),
                "approximateArrivalTimestamp": 1_795_536_000.5, "kinesisSchemaVersion": "1.0",
            },
        })
    };
    json!({ "Records": records.iter().enumerate().map(record).collect::<Vec<_>>() })
}

impl Shard {
    pub(super) fn of(records: &[(&str, &str)]) -> Self {
        let records = records.iter().map(|(key, ways)| ((*key).to_owned(), ways.as_bytes().to_vec()));
        Self::of_bytes(records.collect())
    }

    pub(super) fn of_bytes(records: Vec<(String, Vec<u8>)>) -> Self {
        let letters = Arc::<Mutex<Vec<SendMessageInput>>>::default();
        let (queue_is_down, sent) = (Arc::<AtomicBool>::default(), letters.clone());
        let is_down = queue_is_down.clone();
        let rule = mock!(Client::send_message).then_compute_response(move |send| {
            if is_down.load(SeqCst) {
                let error = aws_sdk_sqs::error::ErrorMetadata::builder().code("Down").build();
                return MockResponse::Error(SendMessageError::generic(error));
            }
            sent.lock().unwrap().push(send.clone());
            MockResponse::Output(SendMessageOutput::builder().build())
        });
        let told = Arc::new(Told::default());
        let sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&rule]);
        let dlq = DeadLetterQueue { sqs, url: "dlq".to_owned(), service: "test" };
        let consumer = Consumer { service: Service::new("Test", "test"), dlq, receiver: told.clone() };
        Self { records, checkpoint: 0, consumer, told, letters, queue_is_down }
    }

    /// Delivers all records from the checkpoint on, with a minute to handle them.
    pub(super) async fn deliver(&mut self) {
        self.deliver_within(Duration::from_mins(1)).await;
    }

    pub(super) async fn deliver_within(&mut self, time: Duration) {
        let came: KinesisEvent =
            serde_json::from_value(batch(self.checkpoint, &self.records[self.checkpoint..])).unwrap();
        let records = came.records.into_iter().map(record::delivery).collect();
        let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
        let deadline = now + u64::try_from(time.as_millis()).unwrap();
        let kept = self.consumer.consume(deadline, records).await.unwrap();
        let lowest = kept.iter().map(|number| number.parse::<usize>().unwrap() - 1).min();
        self.checkpoint = lowest.unwrap_or(self.records.len());
    }

    /// The positions of the records that come again.
    pub(super) fn left(&self) -> Vec<usize> {
        (self.checkpoint..self.records.len()).collect()
    }

    pub(super) fn attempted(&self) -> Vec<usize> {
        self.told.attempted.lock().unwrap().clone()
    }

    pub(super) fn handled(&self) -> Vec<usize> {
        self.told.handled.lock().unwrap().clone()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.told.most.load(SeqCst)
    }

    /// The dead letters, in their order: each record's position, and the name of its failure.
    pub(super) fn letters(&self) -> Vec<(usize, String)> {
        let letters = self.letters.lock().unwrap();
        let short = |letter: &SendMessageInput| {
            let reason = reason(letter);
            let number = reason["sequenceNumber"].as_str().unwrap().parse::<usize>().unwrap();
            (number - 1, reason["errorType"].as_str().unwrap().to_owned())
        };
        letters.iter().map(short).collect()
    }

    pub(super) fn letter(&self, n: usize) -> SendMessageInput {
        self.letters.lock().unwrap()[n].clone()
    }
}

pub(super) fn reason(letter: &SendMessageInput) -> Value {
    let reason = &letter.message_attributes().unwrap()[REASON];
    serde_json::from_str(reason.string_value().unwrap()).unwrap()
}
