//! Competing consumers on a buffer queue. Each message of a batch succeeds or fails by itself. A message that may succeed later stays
//! in the queue, and one that never can goes to the dead-letter queue with the reason.

mod attempts;
mod backoff;
mod dead_letters;
mod delivery;
mod handler;
#[cfg(any(feature = "fifo", test))]
mod in_order;
mod queues;
mod receiver;
mod work;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};

#[cfg(any(feature = "fifo", test))]
use self::in_order::EachGroup;
pub use self::receiver::{AnyEvent, BatchReceiver, Message, MessageReceiver, Receiver};
use self::{
    attempts::Attempts,
    delivery::Delivery,
    handler::{Batch, Handler, Messages, One},
    queues::Queues,
    work::Work,
};
use crate::{Function, handling::Time, metrics::Metrics};

/// Consumes batches of a queue, until shortly before the deadline that each batch's context names.
pub trait Consume: AsyncFn(LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Diagnostic> {}
impl<F: AsyncFn(LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Diagnostic>> Consume for F {}

/// Runs a function that consumes batches.
pub async fn run(consume: impl Consume) -> Result<(), Error> {
    // Boxed, or the types of the futures within would nest deeper than the compiler follows.
    let consume = |batch: LambdaEvent<SqsEvent>| Box::pin(consume(batch));
    lambda_runtime::run(service_fn(consume)).await
}

/// A consumer that hands its receiver one event at a time, and handles all events of a batch concurrently.
pub fn events(function: &Function, receiver: impl Receiver) -> Result<impl Consume, Error> {
    consuming(function, One(receiver))
}

/// A consumer of a FIFO queue, which hands its receiver one event at a time: the events of a message group in their order, one
/// after the other, and the groups concurrently, because groups are independent by design. When an event fails and stays in the
/// queue, those behind it in its group are not attempted: they stay too, and come again behind it. A dead-lettered event doesn't hold
/// up its group.
#[cfg(feature = "fifo")]
pub fn events_in_order(function: &Function, receiver: impl Receiver) -> Result<impl Consume, Error> {
    consuming(function, EachGroup(receiver))
}

/// A consumer that hands its receiver the events of a batch as a whole.
pub fn event_batches(function: &Function, receiver: impl BatchReceiver) -> Result<impl Consume, Error> {
    consuming(function, Batch(receiver))
}

/// A consumer that hands its receiver the messages of a batch as a whole, for messages that are not events.
pub fn message_batches(function: &Function, receiver: impl MessageReceiver) -> Result<impl Consume, Error> {
    consuming(function, Messages(receiver))
}

fn consuming(function: &Function, handler: impl Handler) -> Result<impl Consume, Error> {
    let (queues, attempts) = (Queues::from_function(function)?, Attempts::from_function(function)?);
    Ok(async move |batch| consume(&queues, &attempts, &handler, batch).await)
}

async fn consume(
    queues: &Queues,
    attempts: &Attempts,
    handler: &impl Handler,
    batch: LambdaEvent<SqsEvent>,
) -> Result<SqsBatchResponse, Diagnostic> {
    let work = Work::new(queues, attempts, Time::until(batch.context.deadline));
    let records = batch.payload.records.into_iter();
    let mut deliveries = records.map(Delivery::try_from).collect::<Result<Vec<_>, _>>()?;
    attempts.look_up(&mut deliveries).await;
    let mut settled = Vec::with_capacity(deliveries.len());
    for round in handler.rounds(&deliveries) {
        // Boxed, or the types of the futures within would nest deeper than the compiler follows.
        settled.extend(Box::pin(handler.handle(&work, &round)).await);
    }
    let mut metrics = Metrics::new(queues.service());
    for (delivery, message) in &settled {
        metrics.count(message.result.as_ref().copied(), Some(delivery.since()));
    }
    metrics.emit();
    let wait = |(delivery, message): &(_, work::Settled)| Some((*delivery, message.disposition.wait()?));
    let kept: Vec<(&Delivery, i32)> = settled.iter().filter_map(wait).collect();
    work.time().settle(queues.delay(&kept)).await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = kept.into_iter().map(|(delivery, _)| keep(delivery)).collect();
    Ok(response)
}

fn keep(delivery: &Delivery) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier.clone_from(&delivery.message_id);
    failure
}

#[cfg(test)]
mod tests;
