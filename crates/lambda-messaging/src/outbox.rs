//! The transactional outbox: publishes what follows from the rows written to a table. The table's stream misses no write, and
//! delivers each again until it has been published.

use aws_lambda_events::dynamodb::{Event as StreamEvent, StreamRecord};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use tracing::error;

pub use crate::row::Row;
use crate::{
    Effect, Failure, Function, batch::Results, dead_letter_queue::DeadLetterQueue, json, metrics::Metrics,
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

    /// Publishes messages; returns a result for each, in their order. After a retryable failure the stream delivers all rows again.
    /// After any other failure the row goes to the dead-letter queue.
    fn publish(&self, publications: Vec<Self::Publication>) -> impl Future<Output = Results>;
}

/// Handles a batch of a table's stream.
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
