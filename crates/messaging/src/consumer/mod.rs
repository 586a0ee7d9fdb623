//! Competing consumers on a buffer queue. Each message of a batch succeeds or fails for itself: what failed is
//! reported back to the queue, what can never succeed goes to the dead-letter queue with the reason, the rest
//! is done.

mod delivery;
mod queues;

use std::{any::Any, panic::AssertUnwindSafe};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::EventPayload;
use futures_util::{FutureExt, future::join_all};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use self::{delivery::Delivery, queues::Queues};
use crate::{Event, Failure, Function, event, once::Written};

/// What handling a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The effect was made.
    Made,
    /// An earlier delivery had made it.
    Duplicate,
    /// There was nothing to do, for this reason.
    Nothing(&'static str),
}

impl From<Written> for Effect {
    fn from(written: Written) -> Self {
        match written {
            Written::Now => Self::Made,
            Written::Before => Self::Duplicate,
        }
    }
}

/// Handles one event at a time. Each may come twice, late, or out of order: `receive` is idempotent.
pub trait Receiver {
    /// The kind of event that it is for.
    type Payload: EventPayload + DeserializeOwned;

    /// Makes the event's effect, once however often the event comes.
    fn receive(&self, event: Event<Self::Payload>) -> impl Future<Output = Result<Effect, Failure>>;
}

/// Handles a batch of events of any kind as a whole. Idempotent, like [`Receiver`].
pub trait BatchReceiver {
    /// Makes the events' effects; gives what each event came to, in their order.
    fn receive_batch(&self, events: Vec<AnyEvent>) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

/// An event whose data is left as it was written.
pub type AnyEvent = Event<Box<RawValue>>;

/// Runs a function that receives events one by one.
pub async fn run(function: &Function, receiver: impl Receiver) -> Result<(), Error> {
    start(function, &One(receiver)).await
}

/// Runs a function that receives whole batches.
pub async fn run_batches(function: &Function, receiver: impl BatchReceiver) -> Result<(), Error> {
    start(function, &Batch(receiver)).await
}

async fn start(function: &Function, handler: &impl Handler) -> Result<(), Error> {
    let queues = &Queues::of(function)?;
    // Boxed, or the types of the futures within would nest deeper than the compiler follows.
    let consume = |event: LambdaEvent<SqsEvent>| Box::pin(consume(queues, handler, event.payload));
    lambda_runtime::run(service_fn(consume)).await
}

/// What can make the effects of a batch's messages: one result per message, in their order.
trait Handler {
    fn handle(&self, bodies: &[&str]) -> impl Future<Output = Vec<Result<Effect, Failure>>>;
}

async fn consume(
    queues: &Queues,
    handler: &impl Handler,
    batch: SqsEvent,
) -> Result<SqsBatchResponse, Diagnostic> {
    let deliveries = batch.records.into_iter().map(Delivery::try_from).collect::<Result<Vec<_>, _>>()?;
    let bodies: Vec<&str> = deliveries.iter().map(|delivery| delivery.body.as_str()).collect();
    let results = handler.handle(&bodies).await;
    Ok(queues.settle(&deliveries, results).await)
}

struct One<R>(R);

impl<R: Receiver> Handler for One<R> {
    async fn handle(&self, bodies: &[&str]) -> Vec<Result<Effect, Failure>> {
        // Parsing stands inside the guarded part, so a mangled message fails alone.
        join_all(bodies.iter().map(|body| async {
            let handled = async { self.0.receive(Event::parse(body)?).await };
            contained(handled).await.unwrap_or_else(Err)
        }))
        .await
    }
}

struct Batch<R>(R);

impl<R: BatchReceiver> Handler for Batch<R> {
    async fn handle(&self, bodies: &[&str]) -> Vec<Result<Effect, Failure>> {
        let mut events = Vec::with_capacity(bodies.len());
        let parsed: Vec<Result<(), Failure>> =
            bodies.iter().map(|body| event::read(body).map(|event| events.push(event))).collect();
        let count = events.len();
        let mut received = match contained(self.0.receive_batch(events)).await {
            Ok(results) => results,
            Err(panic) => vec![Err(panic); count],
        }
        .into_iter();
        let unanswered =
            || Err(Failure::transient("Unanswered", "the handler gave no result for this message"));
        parsed.into_iter().map(|p| p.and_then(|()| received.next().unwrap_or_else(unanswered))).collect()
    }
}

/// A panic is the failure of the message that caused it, not of the messages beside it.
async fn contained<T>(handled: impl Future<Output = T>) -> Result<T, Failure> {
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .map_err(|_: Box<dyn Any + Send>| Failure::transient("Panic", "the handler panicked"))
}

#[cfg(test)]
mod tests;
