//! Competing consumers on a buffer queue. Each message of a batch succeeds or fails for itself: what failed is
//! reported back to the queue, what can never succeed goes to the dead-letter queue with the reason, the rest
//! is done.

mod attempts;
mod backoff;
mod dead_letters;
mod delivery;
mod handler;
mod queues;
mod time;
mod work;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessageAttribute};
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use self::{
    attempts::Attempts,
    delivery::Delivery,
    handler::{Batch, EachGroup, Handler, Messages, One},
    queues::Queues,
    time::Time,
    work::Work,
};
use crate::{Effect, Event, Failure, Function, IncomingPayload, metrics::Metrics};

/// Handles one event at a time. Each may come twice, late, or out of order: `receive` is idempotent.
pub trait Receiver {
    /// The kind of event that it is for.
    type Payload: IncomingPayload;

    /// Makes the event's effect, once however often the event comes.
    fn receive(&self, event: Event<Self::Payload>) -> impl Future<Output = Result<Effect, Failure>>;
}

/// Handles a batch of events of any kind as a whole. Idempotent, like [`Receiver`].
pub trait BatchReceiver {
    /// Makes the events' effects; gives what each event came to, in their order.
    fn receive_batch(&self, events: Vec<AnyEvent>) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// Handles a batch of messages that are no events: what somebody outside put into the queue, as it was written.
/// Idempotent, like [`Receiver`].
pub trait MessageReceiver {
    /// Makes the messages' effects; gives what each message came to, in their order.
    fn receive_messages(
        &self,
        messages: &[Message<'_>],
    ) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// A message as it was written.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The id that the queue gave it, and that its sender was told. The same for every delivery.
    pub id: &'a str,
    /// When it was put into the queue. The same for every delivery, so what is judged by it is judged alike each time.
    pub sent_at: Timestamp,
    /// What stands in it.
    pub body: &'a str,
    attributes: &'a [(String, SqsMessageAttribute)],
}

impl<'a> Message<'a> {
    /// A string that was sent along.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, attribute) = self.attributes.iter().find(|(given, _)| given == name)?;
        attribute.string_value.as_deref()
    }

    /// A message of this id, sent then.
    #[must_use]
    pub fn new(
        id: &'a str,
        sent_at: Timestamp,
        body: &'a str,
        attributes: &'a [(String, SqsMessageAttribute)],
    ) -> Self {
        Self { id, sent_at, body, attributes }
    }
}

/// An event whose data is left as it was written.
pub type AnyEvent = Event<Box<RawValue>>;

/// Runs a function that receives events one by one.
pub async fn run(function: &Function, receiver: impl Receiver) -> Result<(), Error> {
    serve(each(function, receiver)?).await
}

/// Runs a function that receives events one by one from a FIFO queue: the events of a message group in their order,
/// one after the other; groups side by side, as they are independent by design. When an event fails and stays in the
/// queue, those behind it in its group aren't attempted: they stay too, and come again behind it. An event that is
/// dead-lettered is out of the way, and the group goes on.
pub async fn run_in_order(function: &Function, receiver: impl Receiver) -> Result<(), Error> {
    serve(each_group(function, receiver)?).await
}

/// Runs a function that receives whole batches.
pub async fn run_batches(function: &Function, receiver: impl BatchReceiver) -> Result<(), Error> {
    serve(batches(function, receiver)?).await
}

/// Runs a function that receives whole batches of messages that are no events.
pub async fn run_messages(function: &Function, receiver: impl MessageReceiver) -> Result<(), Error> {
    serve(messages(function, receiver)?).await
}

/// What [`run`] runs: a batch as Lambda hands it over goes in, what Lambda is told comes out.
pub fn each(function: &Function, receiver: impl Receiver) -> Result<impl Consume, Error> {
    consuming(function, One(receiver))
}

/// What [`run_in_order`] runs.
pub fn each_group(function: &Function, receiver: impl Receiver) -> Result<impl Consume, Error> {
    consuming(function, EachGroup(receiver))
}

/// What [`run_batches`] runs.
pub fn batches(function: &Function, receiver: impl BatchReceiver) -> Result<impl Consume, Error> {
    consuming(function, Batch(receiver))
}

/// What [`run_messages`] runs.
pub fn messages(function: &Function, receiver: impl MessageReceiver) -> Result<impl Consume, Error> {
    consuming(function, Messages(receiver))
}

/// Consumes a batch, until shortly before the deadline that its context names.
pub trait Consume: AsyncFn(LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Diagnostic> {}
impl<F: AsyncFn(LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Diagnostic>> Consume for F {}

fn consuming(function: &Function, handler: impl Handler) -> Result<impl Consume, Error> {
    let (queues, attempts) = (Queues::of(function)?, Attempts::of(function)?);
    Ok(async move |batch| consume(&queues, &attempts, &handler, batch).await)
}

async fn serve(consume: impl Consume) -> Result<(), Error> {
    // Boxed, or the types of the futures within would nest deeper than the compiler follows.
    let consume = |batch: LambdaEvent<SqsEvent>| Box::pin(consume(batch));
    lambda_runtime::run(service_fn(consume)).await
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
    let mut ended = Vec::with_capacity(deliveries.len());
    for round in handler.rounds(&deliveries) {
        // Boxed, or the types of the futures within would nest deeper than the compiler follows.
        ended.extend(Box::pin(handler.handle(&work, &round)).await);
    }
    let mut metrics = Metrics::of(queues.service());
    for (delivery, ending) in &ended {
        metrics.count(ending.result.as_ref().copied(), Some(delivery.since()));
    }
    metrics.emit();
    let wait = |(delivery, ending): &(_, work::Ending)| Some((*delivery, ending.fate.wait()?));
    let kept: Vec<(&Delivery, i32)> = ended.iter().filter_map(wait).collect();
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
