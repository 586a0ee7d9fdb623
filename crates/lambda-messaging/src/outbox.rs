//! The transactional outbox: publishes what follows from the rows written to a table. The table's stream misses no write, and
//! delivers each again until it has been published.

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

/// Publishes the changes of a table's rows. A change may be published more than once, so its receivers are idempotent.
pub trait Outbox {
    /// The messages that follow from a row. They depend on nothing but the row, so that publishing again publishes the same.
    type Publication;

    /// The changes of a row that are published, by the stream's names for them.
    const CHANGES: &'static [&'static str] = &["INSERT"];

    /// Reads a row.
    ///
    /// # Errors
    /// If the row can't be read. No retry helps then, so the row goes to the dead-letter queue.
    fn read(&self, row: &Row) -> Result<Self::Publication, Failure>;

    /// Publishes what follows from rows; returns a result for each, in their order. After a retryable failure the stream delivers
    /// all of them again; after any other failure the row goes to the dead-letter queue.
    fn publish(&self, publications: Vec<Self::Publication>) -> impl Future<Output = Results>;
}

/// A row as the stream delivers it: all of it, or its key where the stream holds no more.
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
        let mut metrics = Metrics::new(service);
        let published = publish(&outbox, &dlq, event, &mut metrics).await;
        if let Err(failure) = &published {
            metrics.count(Err(failure), None);
        }
        metrics.emit();
        published.map_err(Diagnostic::from)
    })
}

/// Publishes a part of the stream. Rows that can't be published are dead-lettered last: after an earlier failure the whole batch
/// comes again, and would dead-letter them once more.
///
/// # Errors
/// If any row was not published. Lambda then delivers the whole batch again, in halves, and receivers skip repetitions. Reporting
/// only the failed record would save little, and not every emulator supports it.
async fn publish<O: Outbox>(
    outbox: &O,
    dlq: &DeadLetterQueue,
    event: StreamEvent,
    metrics: &mut Metrics,
) -> Result<(), Failure> {
    let (mut rows, mut publications, mut aside) = (Vec::new(), Vec::new(), Vec::new());
    for record in event.records.into_iter().filter(|record| O::CHANGES.contains(&&*record.event_name)) {
        let StreamRecord { new_image, keys, .. } = record.change;
        let row = Row(if new_image.is_empty() { keys } else { new_image });
        match outbox.read(&row) {
            Ok(publication) => {
                rows.push(row);
                publications.push(publication);
            }
            Err(failure) => aside.push((row, failure)),
        }
    }
    let mut results = outbox.publish(publications).await.into_iter();
    let mut published = 0;
    for row in rows {
        match results.next().unwrap_or_else(unanswered) {
            Ok(()) => published += 1,
            Err(failure) if failure.is_retryable() => return Err(failure),
            Err(failure) => aside.push((row, failure)),
        }
    }
    for (row, failure) in &aside {
        dlq.take(row, failure).await?;
        metrics.count(Err(failure), None);
    }
    (0..published).for_each(|_| metrics.count(Ok(Effect::Made), None));
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
    /// Takes a row out of the stream's way: it would block every row behind it.
    async fn take(&self, row: &Row, failure: &Failure) -> Result<(), Failure> {
        let row = json::write(&row.0).unwrap_or_default();
        let Reason { error_type, detail } = failure.reason();
        let mut attributes = Attributes::new();
        let reason = DeadLetterReason { error_type, detail, service: self.service, source: None };
        reason.stand_beside(&row, &mut attributes);
        let send = self.sqs.send_message().queue_url(&self.url).message_body(row);
        let sent = send.set_message_attributes(Some(attributes)).send().await;
        sent.map_err(|error| Failure::aws("sqs:SendMessage", &error))?;
        error!(%failure, outcome = "dead-lettered", "a row that can't be published");
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

    /// Publishes numbers, but never 13, and while the topic is in trouble not 7.
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
        let batch =
            [record("INSERT", "1"), record("MODIFY", "2"), record("REMOVE", "3"), record("INSERT", "4")];
        deliver(&outbox, &dlq, &batch).await.unwrap();
        assert_eq!((outbox.published.into_inner().unwrap(), dlq.num_calls()), (vec![1, 4], 0));
    }

    /// Publishes every key that is written to, and reads nothing else of a row.
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
    async fn a_batch_that_comes_again_has_dead_lettered_nothing_before() {
        let (mut outbox, dlq) =
            (Numbers { in_trouble: true, ..Numbers::default() }, dead_letter("MalformedRow"));
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
}
