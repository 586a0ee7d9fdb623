//! Competing consumers on a buffer queue. Each message of a batch succeeds or fails by itself. A message that may succeed later stays
//! in the queue, and one that never can goes to the dead-letter queue with the reason.
//!
//! ```no_run
//! use aws_sdk_dynamodb::Client;
//! use lambda_messaging::{
//!     Effect, Event, EventPayload, Failure, Function, Service,
//!     consumer::{self, Receiver},
//!     idempotent_write,
//!     item::{self, text},
//! };
//! use lambda_runtime::Error;
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct OrderPlaced {
//!     order: String,
//! }
//!
//! impl EventPayload for OrderPlaced {
//!     const TYPE: &'static str = "OrderPlaced";
//!
//!     fn id(&self) -> String {
//!         self.order.clone()
//!     }
//!
//!     fn subject(&self) -> String {
//!         format!("order/{}", self.order)
//!     }
//! }
//!
//! struct Shipping {
//!     client: Client,
//! }
//!
//! impl Receiver for Shipping {
//!     type Payload = OrderPlaced;
//!
//!     async fn receive(&self, event: Event<OrderPlaced>) -> Result<Effect, Failure> {
//!         let parcel = item::new([("order", text(&event.data.order))]);
//!         Ok(idempotent_write::put(&self.client, "parcels", "order", parcel).await?.into())
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let function = Function::start(Service::new("Shop", "shipping")).await;
//!     let shipping = Shipping { client: Client::new(function.aws()) };
//!     consumer::run(consumer::events(&function, shipping)?).await
//! }
//! ```
//!
//! Each of the functions below that make a consumer fails if a setting is missing, and its error names all that are:
//!
//! | setting | content |
//! |---|---|
//! | `BUFFER_QUEUE_URLS` | the queues that feed the function, separated by commas |
//! | `DEAD_LETTER_QUEUE_URLS` | their dead-letter queues, in the same order |
//! | `ATTEMPTS_TABLE_NAME` | a table with the hash key `message` (a string) and the TTL attribute `expiresAt` |
//!
//! The event source must report failures of single messages (`FunctionResponseTypes: [ReportBatchItemFailures]`). The function may call
//! `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:GetQueueAttributes` and `sqs:ChangeMessageVisibility` on its queues,
//! `sqs:SendMessage` on the dead-letter queues, and `dynamodb:BatchGetItem` and `dynamodb:UpdateItem` on the table of attempts.

mod answers;
mod attempts;
mod backoff;
mod dead_letters;
mod delivery;
mod handler;
#[cfg(any(feature = "fifo", test))]
mod in_order;
#[cfg(feature = "idempotency")]
mod joined;
mod queues;
mod receiver;
mod work;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};

#[cfg(any(feature = "fifo", test))]
use self::in_order::EachGroup;
#[cfg(feature = "idempotency")]
use self::joined::Joined;
#[cfg(feature = "idempotency")]
pub use self::receiver::EntryReceiver;
pub use self::receiver::{AnyEvent, BatchReceiver, Message, MessageReceiver, Receiver};
use self::{
    attempts::Attempts,
    delivery::Delivery,
    handler::{Batch, Handler, Messages, One, OneMessage},
    queues::Queues,
    work::Work,
};
use crate::{Effect, Failure, Function, handling::Time, metrics::Metrics};

/// Consumes batches of a queue, until shortly before the deadline that each batch's context names. Every consumer of this module is one;
/// a test can call it as Lambda does.
///
/// ```no_run
/// use aws_lambda_events::sqs::SqsEvent;
/// use lambda_messaging::consumer::Consume;
/// use lambda_runtime::{Context, Diagnostic, LambdaEvent};
///
/// /// The ids of the messages that the consumer leaves in the queue.
/// async fn kept(consumer: impl Consume, batch: SqsEvent) -> Result<Vec<String>, Diagnostic> {
///     let response = consumer(LambdaEvent::new(batch, Context::default())).await?;
///     Ok(response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect())
/// }
/// ```
pub trait Consume: AsyncFn(LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Diagnostic> {}
impl<F: AsyncFn(LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Diagnostic>> Consume for F {}

/// Runs a function that consumes batches. It returns only if Lambda's runtime API fails.
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
///
/// ```no_run
/// use lambda_messaging::{
///     Function,
///     consumer::{self, Receiver},
/// };
/// use lambda_runtime::Error;
///
/// async fn run(function: &Function, stock: impl Receiver) -> Result<(), Error> {
///     consumer::run(consumer::events_in_order(function, stock)?).await
/// }
/// ```
#[cfg(feature = "fifo")]
pub fn events_in_order(function: &Function, receiver: impl Receiver) -> Result<impl Consume, Error> {
    consuming(function, EachGroup(receiver))
}

/// A consumer that hands its receiver the events of a batch as a whole.
///
/// ```no_run
/// use lambda_messaging::{
///     Effect, Failure, Function,
///     consumer::{self, AnyEvent, BatchReceiver},
/// };
/// use lambda_runtime::Error;
///
/// /// Writes the events of a batch into one file.
/// struct Archive;
///
/// impl BatchReceiver for Archive {
///     async fn receive_batch(&self, events: Vec<AnyEvent>) -> Vec<Result<Effect, Failure>> {
///         let lines: Vec<&str> = events.iter().map(|event| event.data.get()).collect();
///         println!("{}", lines.join("\n"));
///         vec![Ok(Effect::Made); events.len()]
///     }
/// }
///
/// async fn run(function: &Function) -> Result<(), Error> {
///     consumer::run(consumer::event_batches(function, Archive)?).await
/// }
/// ```
pub fn event_batches(function: &Function, receiver: impl BatchReceiver) -> Result<impl Consume, Error> {
    consuming(function, Batch(receiver))
}

/// A consumer that writes the [entry](crate::joined_write::Entry) of each event, those of a batch together: a batch of ten costs one call
/// instead of ten. A message whose entry can't be written with the others doesn't keep them from being written, and has the result that
/// it would have had alone. [`joined_write`](crate::joined_write) says how.
///
/// ```no_run
/// use lambda_messaging::{
///     Function,
///     consumer::{self, EntryReceiver},
/// };
/// use lambda_runtime::Error;
///
/// async fn run(function: &Function, accounts: impl EntryReceiver) -> Result<(), Error> {
///     consumer::run(consumer::joined_entries(function, accounts)?).await
/// }
/// ```
#[cfg(feature = "idempotency")]
pub fn joined_entries(function: &Function, receiver: impl EntryReceiver) -> Result<impl Consume, Error> {
    let client = aws_sdk_dynamodb::Client::new(function.aws());
    consuming(function, Joined { receiver, client })
}

/// A consumer that hands its receiver one message at a time, for messages that are not events, and handles all messages of a batch
/// concurrently. A message may come twice, late or out of order, so `receive` must be idempotent.
///
/// ```no_run
/// use lambda_messaging::{
///     Effect, Failure, Function,
///     consumer::{self, Message},
/// };
/// use lambda_runtime::Error;
///
/// /// Takes a number in each message.
/// async fn run(function: &Function) -> Result<(), Error> {
///     let take = async |message: Message<'_>| match message.body.parse::<u32>() {
///         Ok(number) => {
///             println!("{number}");
///             Ok(Effect::Made)
///         }
///         Err(_) => Err(Failure::permanent("NotANumber", "the body is not a number")),
///     };
///     consumer::run(consumer::messages(function, take)?).await
/// }
/// ```
pub fn messages(
    function: &Function,
    receive: impl AsyncFn(Message<'_>) -> Result<Effect, Failure>,
) -> Result<impl Consume, Error> {
    consuming(function, OneMessage(receive))
}

/// A consumer that hands its receiver the messages of a batch as a whole, for messages that are not events.
///
/// ```no_run
/// use lambda_messaging::{
///     Effect, Failure, Function,
///     consumer::{self, Message, MessageReceiver},
/// };
/// use lambda_runtime::Error;
///
/// /// Takes what a supplier writes into the queue: article and count, separated by a blank.
/// struct Deliveries;
///
/// impl MessageReceiver for Deliveries {
///     async fn receive_messages(&self, messages: &[Message<'_>]) -> Vec<Result<Effect, Failure>> {
///         let take = |message: &Message<'_>| match message.body.split_once(' ') {
///             Some((article, count)) => {
///                 println!("{count} of {article}, by {:?}", message.attribute("Supplier"));
///                 Ok(Effect::Made)
///             }
///             None => Err(Failure::permanent("MalformedDelivery", "article and count are expected")),
///         };
///         messages.iter().map(take).collect()
///     }
/// }
///
/// async fn run(function: &Function) -> Result<(), Error> {
///     consumer::run(consumer::message_batches(function, Deliveries)?).await
/// }
/// ```
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
