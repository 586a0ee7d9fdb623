//! The transactional outbox: publishes what follows from the rows written to a table. The table's stream misses no write, and
//! delivers each again until it has been published.
//!
//! ```no_run
//! use lambda_messaging::{
//!     CorrelationId, Event, EventPayload, Failure, Function, Service,
//!     batch::Results,
//!     outbox::{self, Outbox, Row},
//!     publisher::{Message, Publisher},
//! };
//! use lambda_runtime::Error;
//! use serde::Serialize;
//!
//! #[derive(Serialize)]
//! struct OrderPlaced {
//!     order: String,
//!     articles: Vec<String>,
//! }
//! # impl EventPayload for OrderPlaced {
//! #     const TYPE: &'static str = "OrderPlaced";
//! #     fn id(&self) -> String { self.order.clone() }
//! #     fn subject(&self) -> String { self.order.clone() }
//! # }
//!
//! /// Publishes an event for every order that is put into the table.
//! struct Orders {
//!     publisher: Publisher,
//! }
//!
//! impl Outbox for Orders {
//!     type Publication = Message;
//!
//!     fn read(&self, row: &Row) -> Result<Message, Failure> {
//!         let text = |text: &str| Ok::<_, Failure>(text.to_owned());
//!         let order = OrderPlaced { order: row.read("order", text)?, articles: row.read_list("articles", text)? };
//!         let correlation_id = row.read("correlationId", CorrelationId::parse)?;
//!         let express = row.text("express").is_some();
//!         let event = Event::new("/shop", row.read("placedAt", str::parse)?, correlation_id, order);
//!         Ok(Message::from_event(&event)?.text("express", express.to_string()))
//!     }
//!
//!     async fn publish(&self, messages: Vec<Message>) -> Results {
//!         self.publisher.publish(&messages).await
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let function = Function::start(Service::new("Shop", "orders")).await;
//!     let [topic] = function.settings([("TOPIC_ARN", "the topic of orders")])?;
//!     let orders = Orders { publisher: Publisher::new(aws_sdk_sns::Client::new(function.aws()), topic) };
//!     outbox::run(outbox::handler(&function, orders)?).await
//! }
//! ```
//!
//! The table has a stream with new images. The setting `DEAD_LETTER_QUEUE_URL` names the queue for rows that can't be published. The
//! function may read the stream, and call `sqs:SendMessage` on that queue.

use aws_lambda_events::dynamodb::{Event as StreamEvent, StreamRecord};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use tracing::error;

pub use crate::row::Row;
use crate::{
    Effect, Failure, Function, batch::Results, dead_letter_queue::DeadLetterQueue, json, metrics::Metrics,
};

/// Publishes the changes of a table's rows. A change may be published more than once, so its receivers are idempotent. The example of
/// [the module](self) publishes events; any other call will do as well:
///
/// ```
/// use lambda_messaging::{
///     Failure,
///     batch::Results,
///     outbox::{Outbox, Row},
/// };
///
/// /// Prints the key of every row that is written.
/// struct Keys;
///
/// impl Outbox for Keys {
///     type Publication = String;
///     const CHANGES: &'static [&'static str] = &["INSERT", "MODIFY"];
///
///     fn read(&self, row: &Row) -> Result<String, Failure> {
///         row.read("order", |key| Ok::<_, Failure>(key.to_owned()))
///     }
///
///     async fn publish(&self, keys: Vec<String>) -> Results {
///         keys.iter().for_each(|key| println!("{key}"));
///         vec![Ok(()); keys.len()]
///     }
/// }
/// ```
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

    /// Publishes messages; returns a result for each, in their order. After a retryable failure the stream delivers all rows again.
    /// After any other failure the row goes to the dead-letter queue.
    fn publish(&self, publications: Vec<Self::Publication>) -> impl Future<Output = Results>;
}

/// Handles a batch of a table's stream. A test can call it as Lambda does.
///
/// ```no_run
/// use aws_lambda_events::dynamodb::Event as StreamEvent;
/// use lambda_messaging::outbox::HandleStream;
///
/// async fn is_published(handler: impl HandleStream, batch: StreamEvent) -> bool {
///     handler(batch).await.is_ok()
/// }
/// ```
pub trait HandleStream: AsyncFn(StreamEvent) -> Result<(), Diagnostic> {}
impl<F: AsyncFn(StreamEvent) -> Result<(), Diagnostic>> HandleStream for F {}

/// Runs a function that a table's stream invokes. It returns only if Lambda's runtime API fails.
pub async fn run(handle: impl HandleStream) -> Result<(), Error> {
    // Boxed, or the types of the futures within would nest deeper than the compiler follows.
    let handle = |event: LambdaEvent<StreamEvent>| Box::pin(handle(event.payload));
    lambda_runtime::run(service_fn(handle)).await
}

/// The handler of an outbox's stream.
///
/// # Errors
/// If the setting `DEAD_LETTER_QUEUE_URL` is missing.
pub fn handler(function: &Function, outbox: impl Outbox) -> Result<impl HandleStream, Error> {
    let service = function.service();
    let dlq = DeadLetterQueue::from_function(function, "the queue for rows that can't be published")?;
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

/// Publishes a batch of the stream. Rows that can't be published are dead-lettered last: after a retryable failure the whole batch
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
        dlq.send(json::write(&row.0).unwrap_or_default(), failure, None).await?;
        error!(%failure, outcome = "dead-lettered", "a row that can't be published");
        metrics.count(Err(failure), None);
    }
    (0..published).for_each(|_| metrics.count(Ok(Effect::Made), None));
    Ok(())
}

fn unanswered() -> Result<(), Failure> {
    Err(Failure::transient("Unanswered", "the outbox gave no result for this row"))
}

#[cfg(test)]
mod tests;
