//! Consumers of Kinesis data streams and DynamoDB streams. Each record of a batch succeeds or fails by itself, as far as the order of
//! a stream allows that.
//!
//! ```no_run
//! use lambda_messaging::{
//!     Effect, Failure, Function, Service,
//!     stream::{self, Receiver, Record},
//! };
//!
//! struct CountClicks;
//!
//! impl Receiver<Record> for CountClicks {
//!     async fn receive(&self, click: &Record) -> Result<Effect, Failure> {
//!         let page: String = click.json()?;
//!         // Count it with an idempotent write.
//!         Ok(if page.is_empty() { Effect::Nothing("no page") } else { Effect::Made })
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), lambda_runtime::Error> {
//!     let function = Function::start(Service::new("Shop", "clicks")).await;
//!     stream::run(stream::kinesis(&function, CountClicks)?).await
//! }
//! ```
//!
//! # The disposition of each record
//! Lambda accepts one checkpoint for each batch. The response names the records that stay; Lambda takes the lowest of their sequence
//! numbers as its checkpoint, and delivers that record and all behind it again, even those that were handled
//! ([Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html),
//! [DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html)). So:
//!
//! | handling ends with | then |
//! |---|---|
//! | an [`Effect`](crate::Effect) | the record is done |
//! | a permanent [`Failure`](crate::Failure) | the record goes to the dead-letter queue with its data and the reason, and the stream goes on |
//! | two panics in a row | the same: the panic is contained to the record |
//! | a transient failure, throttling, or the end of the function's time | the record stays, and no record behind it is begun |
//!
//! A record that can't be sent to the dead-letter queue stays. If a record before it stays, a refused record is not dead-lettered yet,
//! because it comes again and would be dead-lettered twice.
//!
//! # Order
//! Records with the same partition key, and changes of the same item, are handled one after the other, in the order of the stream.
//! Records with different keys are handled concurrently, at most 20 at a time. A record that stays holds up all later records of its
//! key. A dead-lettered record does not.
//!
//! # Duplicates
//! Receivers must be idempotent: a record comes again if one before it stays, if the function is killed, or if Lambda's checkpoint is
//! lost. After that its key's later records come again too, in their order, so a receiver may see an old record after a newer one of
//! the same key. Use the guards of [`idempotent_write`](crate::idempotent_write), with the event's id or the record's
//! sequence number.
//!
//! # Settings of the template
//! `DEAD_LETTER_QUEUE_URL` names the queue for records that can't be handled. The function needs `sqs:SendMessage` on it. The event
//! source mapping needs all of these:
//!
//! ```yaml
//! FunctionResponseTypes: [ReportBatchItemFailures] # otherwise a response counts as a success, and what stays is lost
//! BisectBatchOnFunctionError: true                 # isolates a record that kills the function; costs no retries
//! MaximumRetryAttempts: 1000                       # the default, -1, blocks the shard until the record expires
//! MaximumRecordAgeInSeconds: 86400                 # for the same reason; long enough for your longest outage
//! DestinationConfig:
//!   OnFailure:
//!     Destination: !GetAtt DiscardedRecords.Arn    # an S3 bucket also gets the records; a queue gets only a reference to them
//! ```
//!
//! This module can't count attempts: Lambda doesn't say how often it has delivered a record. So a record that fails transiently
//! blocks its shard until it succeeds or Lambda's limits are reached. Lambda then discards its batch, that is, the record and those
//! behind it that were delivered with it. Return a permanent failure for everything that no retry can fix.
//!
//! Records are handed over as they are: records that the Kinesis Producer Library has aggregated are not split. Tumbling windows
//! are not supported.

mod change;
mod delivery;
mod letter;
mod receiver;
mod record;
mod work;

use aws_lambda_events::{
    dynamodb::Event as DynamoDbEvent,
    kinesis::KinesisEvent,
    streams::{DynamoDbEventResponse, KinesisEventResponse},
};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    change::{Change, ChangeKind},
    receiver::Receiver,
    record::Record,
};
use self::{
    delivery::{Delivery, StreamRecord},
    work::Work,
};
pub use crate::row::Row;
use crate::{Function, Service, dead_letter_queue::DeadLetterQueue, handling::Time, metrics::Metrics};

/// Consumes batches of a stream, until shortly before the deadline that each batch's context names.
///
/// ```
/// use aws_lambda_events::{kinesis::KinesisEvent, streams::KinesisEventResponse};
/// use lambda_messaging::stream::Consume;
/// use lambda_runtime::LambdaEvent;
///
/// /// A test can call a consumer as Lambda does.
/// async fn deliver(consume: impl Consume<KinesisEvent, KinesisEventResponse>, batch: KinesisEvent) {
///     let response = consume(LambdaEvent::new(batch, lambda_runtime::Context::default())).await;
///     assert!(response.unwrap().batch_item_failures.is_empty());
/// }
/// ```
pub trait Consume<Batch, Response>: AsyncFn(LambdaEvent<Batch>) -> Result<Response, Diagnostic> {}
impl<B, R, F: AsyncFn(LambdaEvent<B>) -> Result<R, Diagnostic>> Consume<B, R> for F {}

/// Runs a function that consumes a stream.
///
/// ```no_run
/// # use lambda_messaging::{Effect, Failure, Function, Service, stream::{self, Change, Receiver}};
/// struct Ignore;
///
/// impl Receiver<Change> for Ignore {
///     async fn receive(&self, _: &Change) -> Result<Effect, Failure> {
///         Ok(Effect::Nothing("not interested"))
///     }
/// }
///
/// # async fn start() -> Result<(), lambda_runtime::Error> {
/// let function = Function::start(Service::new("Shop", "stock")).await;
/// stream::run(stream::dynamodb(&function, Ignore)?).await
/// # }
/// ```
pub async fn run<B: DeserializeOwned, R: Serialize>(consume: impl Consume<B, R>) -> Result<(), Error> {
    // Boxed, or the types of the futures within would nest deeper than the compiler follows.
    let consume = |batch: LambdaEvent<B>| Box::pin(consume(batch));
    lambda_runtime::run(service_fn(consume)).await
}

/// A consumer of a Kinesis data stream.
///
/// ```no_run
/// # use lambda_messaging::{Effect, Failure, Function, Service, stream::{self, Receiver, Record}};
/// struct CountClicks;
///
/// impl Receiver<Record> for CountClicks {
///     async fn receive(&self, click: &Record) -> Result<Effect, Failure> {
///         let page = click.text()?;
///         Ok(if page.is_empty() { Effect::Nothing("no page") } else { Effect::Made })
///     }
/// }
///
/// # async fn start() -> Result<(), lambda_runtime::Error> {
/// let function = Function::start(Service::new("Shop", "clicks")).await;
/// stream::run(stream::kinesis(&function, CountClicks)?).await
/// # }
/// ```
///
/// # Errors
/// If the setting `DEAD_LETTER_QUEUE_URL` is missing.
pub fn kinesis(
    function: &Function,
    receiver: impl Receiver<Record>,
) -> Result<impl Consume<KinesisEvent, KinesisEventResponse>, Error> {
    let consumer = Consumer::from_function(function, receiver)?;
    Ok(async move |batch: LambdaEvent<KinesisEvent>| {
        let records = batch.payload.records.into_iter().map(record::delivery).collect();
        let mut response = KinesisEventResponse::default();
        response.set_failures(consumer.consume(batch.context.deadline, records).await?);
        Ok(response)
    })
}

/// A consumer of a DynamoDB table's stream.
///
/// ```no_run
/// # use lambda_messaging::{Effect, Failure, Function, Service, stream::{self, Change, Receiver}};
/// struct Reorder;
///
/// impl Receiver<Change> for Reorder {
///     async fn receive(&self, change: &Change) -> Result<Effect, Failure> {
///         let Some(row) = &change.new else { return Ok(Effect::Nothing("the row was deleted")) };
///         let left: u32 = row.read("left", str::parse)?;
///         Ok(if left > 10 { Effect::Nothing("enough is left") } else { Effect::Made })
///     }
/// }
///
/// # async fn start() -> Result<(), lambda_runtime::Error> {
/// let function = Function::start(Service::new("Shop", "stock")).await;
/// stream::run(stream::dynamodb(&function, Reorder)?).await
/// # }
/// ```
///
/// # Errors
/// If the setting `DEAD_LETTER_QUEUE_URL` is missing.
pub fn dynamodb(
    function: &Function,
    receiver: impl Receiver<Change>,
) -> Result<impl Consume<DynamoDbEvent, DynamoDbEventResponse>, Error> {
    let consumer = Consumer::from_function(function, receiver)?;
    Ok(async move |batch: LambdaEvent<DynamoDbEvent>| {
        let records = batch.payload.records.into_iter().map(change::delivery).collect();
        let kept = consumer.consume(batch.context.deadline, records).await?;
        let mut response = DynamoDbEventResponse::default();
        for sequence_number in kept {
            let mut failure = aws_lambda_events::streams::DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(sequence_number);
            response.batch_item_failures.push(failure);
        }
        Ok(response)
    })
}

struct Consumer<R> {
    service: Service,
    dlq: DeadLetterQueue,
    receiver: R,
}

impl<R> Consumer<R> {
    fn from_function(function: &Function, receiver: R) -> Result<Self, Error> {
        let dlq = DeadLetterQueue::from_function(function, "the queue for records that can't be handled")?;
        Ok(Self { service: function.service(), dlq, receiver })
    }

    /// Consumes the records of a batch; returns the sequence numbers of those that stay.
    ///
    /// # Errors
    /// If a record has no sequence number.
    async fn consume<T: StreamRecord>(
        &self,
        deadline: u64,
        records: Result<Vec<Delivery<T>>, Diagnostic>,
    ) -> Result<Vec<String>, Diagnostic>
    where
        R: Receiver<T>,
    {
        let records = records?;
        let work = Work::new(&self.dlq, Time::until(deadline), &records);
        // Boxed, or the types of the futures within would nest deeper than the compiler follows.
        let settled = Box::pin(work.handle(&self.receiver)).await;
        let mut metrics = Metrics::new(self.service);
        for (record, settled) in records.iter().zip(&settled) {
            metrics.count(settled.result.as_ref().copied(), record.since());
        }
        metrics.emit();
        let kept = records.into_iter().zip(settled).filter(|(_, settled)| settled.stays());
        Ok(kept.map(|(record, _)| record.sequence_number).collect())
    }
}

#[cfg(test)]
mod tests;
