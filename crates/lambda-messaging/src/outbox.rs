//! The transactional outbox: what is to be told follows from the write itself. The table's stream can't miss a write, and
//! gives it again until it has been told of.

use aws_lambda_events::dynamodb::{Event as StreamEvent, StreamRecord};
use aws_sdk_sqs::Client;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::Deserialize;
use serde_dynamo::AttributeValue;
use tracing::error;

use crate::{
    Effect, Failure, Function,
    batch::Results,
    dead_letter_reason::{Attributes, DeadLetterReason},
    failure::Reason,
    json,
    metrics::Metrics,
};

/// Tells of a table's new rows. A row may be told of more than once, so whoever is told is an idempotent receiver.
pub trait Outbox {
    /// What follows from a row. It depends on nothing but the row, so that telling again tells the same.
    type Telling;

    /// The changes of a row that are told of, by the stream's names for them.
    const CHANGES: &'static [&'static str] = &["INSERT"];

    /// Reads a row.
    ///
    /// # Errors
    /// If it can't be read; then no retry helps, and it goes to the dead-letter queue.
    fn read(&self, row: &Row) -> Result<Self::Telling, Failure>;

    /// Tells of rows that were written together, or shortly after each other; gives what became of each, in their order. If
    /// one may yet be told of, all are given again; one that can't goes to the dead-letter queue.
    fn tell(&self, tellings: Vec<Self::Telling>) -> impl Future<Output = Results>;
}

/// A row as the stream gives it: all of it, or its key where the stream holds no more.
#[derive(Debug, Deserialize)]
pub struct Row(serde_dynamo::Item);

impl Row {
    /// An attribute's value.
    ///
    /// # Errors
    /// Permanent `MalformedRow` if it is missing or can't be parsed.
    pub fn read<T, E>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Failure> {
        self.text(name).and_then(|value| parse(value).ok()).ok_or_else(|| malformed(name))
    }

    /// The values of an attribute that is a list.
    ///
    /// # Errors
    /// Permanent `MalformedRow` if it is missing, or one of them can't be parsed.
    pub fn read_list<T, E>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Failure> {
        let Some(AttributeValue::L(values)) = self.0.get(name) else {
            return Err(malformed(name));
        };
        let values = values.iter().map(|value| text(value).and_then(|value| parse(value).ok()));
        values.collect::<Option<_>>().ok_or_else(|| malformed(name))
    }

    /// The characters of a string or a number.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        text(self.0.get(name)?)
    }
}

fn text(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::S(value) | AttributeValue::N(value) => Some(value),
        _ => None,
    }
}

fn malformed(name: &str) -> Failure {
    let detail = format_args!("the row's attribute {name} is missing or unusable").to_string();
    Failure::permanent("MalformedRow", detail)
}

/// Handles a part of a table's stream.
pub trait HandleStream: AsyncFn(StreamEvent) -> Result<(), Diagnostic> {}
impl<F: AsyncFn(StreamEvent) -> Result<(), Diagnostic>> HandleStream for F {}

/// Runs a function that a table's stream invokes.
pub async fn run(handle: impl HandleStream) -> Result<(), Error> {
    // Boxed, or the types of the futures within would nest deeper than the compiler follows.
    let handle = |event: LambdaEvent<StreamEvent>| Box::pin(handle(event.payload));
    lambda_runtime::run(service_fn(handle)).await
}

/// The handler of an outbox's stream.
pub fn handler(function: &Function, outbox: impl Outbox) -> Result<impl HandleStream, Error> {
    let [url] = function.settings([("DEAD_LETTER_QUEUE_URL", "where rows go that can't be published")])?;
    let service = function.service();
    let dlq = DeadLetterQueue { sqs: Client::new(function.aws()), url, service: service.name };
    Ok(async move |event| {
        let mut metrics = Metrics::of(service);
        let published = publish(&outbox, &dlq, event, &mut metrics).await;
        if let Err(failure) = &published {
            metrics.count(Err(failure), None);
        }
        metrics.emit();
        published.map_err(Diagnostic::from)
    })
}

/// Rows that can't be told of step aside when the others have been told of: what fails before comes again, and would
/// step aside each time.
///
/// # Errors
/// If any row was left untold. Lambda then gives the whole batch again, in halves, and receivers skip what they had
/// before. Reporting only the failed record would save little, and not every emulator honours it.
async fn publish<O: Outbox>(
    outbox: &O,
    dlq: &DeadLetterQueue,
    event: StreamEvent,
    metrics: &mut Metrics,
) -> Result<(), Failure> {
    let (mut rows, mut tellings, mut aside) = (Vec::new(), Vec::new(), Vec::new());
    for record in event.records.into_iter().filter(|record| O::CHANGES.contains(&&*record.event_name)) {
        let StreamRecord { new_image, keys, .. } = record.change;
        let row = Row(if new_image.is_empty() { keys } else { new_image });
        match outbox.read(&row) {
            Ok(telling) => {
                rows.push(row);
                tellings.push(telling);
            }
            Err(failure) => aside.push((row, failure)),
        }
    }
    let mut results = outbox.tell(tellings).await.into_iter();
    let mut told = 0;
    for row in rows {
        match results.next().unwrap_or_else(unanswered) {
            Ok(()) => told += 1,
            Err(failure) if failure.may_be_retried() => return Err(failure),
            Err(failure) => aside.push((row, failure)),
        }
    }
    for (row, failure) in &aside {
        dlq.take(row, failure).await?;
        metrics.count(Err(failure), None);
    }
    (0..told).for_each(|_| metrics.count(Ok(Effect::Made), None));
    Ok(())
}

fn unanswered() -> Result<(), Failure> {
    Err(Failure::transient("Unanswered", "the outbox gave no result for this row"))
}

struct DeadLetterQueue {
    sqs: Client,
    url: String,
    service: &'static str,
}

impl DeadLetterQueue {
    /// A row that can't be read would block all behind it, so it steps aside.
    async fn take(&self, row: &Row, failure: &Failure) -> Result<(), Failure> {
        let row = json::write(&row.0).unwrap_or_default();
        let Reason { error_type, detail } = failure.reason();
        let mut attributes = Attributes::new();
        let reason = DeadLetterReason { error_type, detail, service: self.service, source: None };
        reason.stand_beside(&row, &mut attributes);
        let send = self.sqs.send_message().queue_url(&self.url).message_body(row);
        let sent = send.set_message_attributes(Some(attributes)).send().await;
        sent.map_err(|error| Failure::aws("sqs:SendMessage", &error))?;
        error!(%failure, outcome = "dead-lettered", "a row that can't be told of");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aws_sdk_sqs::operation::send_message::SendMessageOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::{Value, json};

    use super::*;
    use crate::Service;

    /// Tells of numbers, but not of 13, and while it is in trouble not of 7.
    #[derive(Default)]
    struct Numbers {
        told: Mutex<Vec<u32>>,
        in_trouble: bool,
    }

    impl Outbox for Numbers {
        type Telling = u32;

        fn read(&self, row: &Row) -> Result<u32, Failure> {
            row.read("number", str::parse)
        }

        async fn tell(&self, numbers: Vec<u32>) -> Results {
            let mut told = self.told.lock().unwrap();
            let tell = |number| match number {
                13 => Err(Failure::permanent("InvalidParameter", "unlucky")),
                7 if self.in_trouble => Err(Failure::transient("Throttled", "the topic is in trouble")),
                _ => {
                    told.push(number);
                    Ok(())
                }
            };
            numbers.into_iter().map(tell).collect()
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

    async fn give(outbox: &impl Outbox, rule: &Rule, records: &[Value]) -> Result<(), Failure> {
        let dlq = DeadLetterQueue {
            sqs: mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [rule]),
            url: "dlq".to_owned(),
            service: "test",
        };
        let batch = serde_json::from_value(json!({ "Records": records })).unwrap();
        publish(outbox, &dlq, batch, &mut Metrics::of(Service::new("Test", "test"))).await
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
    async fn new_rows_are_told_of_together_and_changed_ones_are_not() {
        let (outbox, dlq) = (Numbers::default(), dead_letter("MalformedRow"));
        let batch =
            [record("INSERT", "1"), record("MODIFY", "2"), record("REMOVE", "3"), record("INSERT", "4")];
        give(&outbox, &dlq, &batch).await.unwrap();
        assert_eq!((outbox.told.into_inner().unwrap(), dlq.num_calls()), (vec![1, 4], 0));
    }

    /// Tells of every key that is written to, and sees nothing else of a row.
    #[derive(Default)]
    struct Keys(Mutex<Vec<String>>);

    impl Outbox for Keys {
        type Telling = String;
        const CHANGES: &'static [&'static str] = &["INSERT", "MODIFY"];

        fn read(&self, row: &Row) -> Result<String, Failure> {
            row.read("id", |id| Ok::<_, Failure>(id.to_owned()))
        }

        async fn tell(&self, mut keys: Vec<String>) -> Results {
            let results = vec![Ok(()); keys.len()];
            self.0.lock().unwrap().append(&mut keys);
            results
        }
    }

    #[tokio::test]
    async fn an_outbox_says_which_changes_it_tells_of_and_a_stream_of_keys_is_enough() {
        let (outbox, dlq) = (Keys::default(), dead_letter("MalformedRow"));
        let mut batch = [("INSERT", "a"), ("MODIFY", "b"), ("REMOVE", "c")].map(|(name, id)| {
            let mut record = record(name, "1");
            record["dynamodb"]["Keys"]["id"]["S"] = id.into();
            record
        });
        for record in &mut batch {
            record["dynamodb"].as_object_mut().unwrap().remove("NewImage");
        }
        give(&outbox, &dlq, &batch).await.unwrap();
        assert_eq!((outbox.0.into_inner().unwrap(), dlq.num_calls()), (vec!["a".into(), "b".into()], 0));
    }

    #[tokio::test]
    async fn a_row_that_can_not_be_read_steps_aside_with_its_reason() {
        let (outbox, dlq) = (Numbers::default(), dead_letter("MalformedRow"));
        give(&outbox, &dlq, &[record("INSERT", "-5"), record("INSERT", "5")]).await.unwrap();
        assert_eq!((outbox.told.into_inner().unwrap(), dlq.num_calls()), (vec![5], 1));
    }

    #[tokio::test]
    async fn a_row_that_is_refused_steps_aside_and_the_others_are_told_of() {
        let (outbox, dlq) = (Numbers::default(), dead_letter("InvalidParameter"));
        let batch = ["1", "13", "2"].map(|number| record("INSERT", number));
        give(&outbox, &dlq, &batch).await.unwrap();
        assert_eq!((outbox.told.into_inner().unwrap(), dlq.num_calls()), (vec![1, 2], 1));
    }

    #[tokio::test]
    async fn a_batch_that_comes_again_has_set_nothing_aside_before() {
        let (mut outbox, dlq) =
            (Numbers { in_trouble: true, ..Numbers::default() }, dead_letter("MalformedRow"));
        let batch = ["-5", "7", "5"].map(|number| record("INSERT", number));
        for _ in 0..3 {
            let error = give(&outbox, &dlq, &batch).await.unwrap_err();
            assert_eq!((error.reason().error_type.as_str(), dlq.num_calls()), ("Throttled", 0));
        }
        outbox.in_trouble = false;
        give(&outbox, &dlq, &batch).await.unwrap();
        assert_eq!(dlq.num_calls(), 1);
        assert!(outbox.told.into_inner().unwrap().contains(&7));
    }
}
