//! The ways to handle a batch: message by message, group by group, or as a whole.

use futures_util::future::join_all;

use super::{
    BatchReceiver, Message, MessageReceiver, Receiver,
    answers::Answers,
    delivery::Delivery,
    work::{Settled, Work},
};
use crate::{Effect, Event, Failure, handling::catch_panic, json};

/// Handles the messages of a batch.
pub(super) trait Handler {
    /// Handles messages and settles each.
    fn handle<'a>(
        &self,
        work: &Work<'_>,
        deliveries: &[&'a Delivery],
    ) -> impl Future<Output = AllSettled<'a>>;

    /// The messages that must be handled together.
    fn units<'a>(&self, deliveries: &'a [Delivery]) -> Vec<Vec<&'a Delivery>> {
        deliveries.iter().map(|delivery| vec![delivery]).collect()
    }

    /// The rounds in which a batch is handled. A message whose last attempt never ended may have killed the function, and with it the
    /// work on the rest of its batch. Such suspects come last, one after the other, the likeliest at the end. So harmless messages
    /// succeed before the function is killed again, and only the message that kills it loses attempts.
    fn rounds<'a>(&self, deliveries: &'a [Delivery]) -> Vec<Vec<&'a Delivery>> {
        let is_suspect = |unit: &Vec<&Delivery>| unit.iter().any(|delivery| delivery.past.unended);
        let (mut suspects, others): (Vec<_>, Vec<_>) =
            self.units(deliveries).into_iter().partition(is_suspect);
        suspects.sort_by_key(|unit| unit.iter().map(|delivery| delivery.past.attempts).max());
        let together = others.into_iter().flatten().collect::<Vec<_>>();
        std::iter::once(together).filter(|round| !round.is_empty()).chain(suspects).collect()
    }
}

fn message(delivery: &Delivery) -> Message<'_> {
    let Delivery { message_id, sent_at, body, attributes, .. } = delivery;
    Message::new(message_id, *sent_at, body, attributes)
}

/// Messages, each with its result.
pub(super) type AllSettled<'a> = Vec<(&'a Delivery, Settled)>;

/// Handles each message by itself, all concurrently.
pub(super) struct One<R>(pub R);

impl<R: Receiver> Handler for One<R> {
    async fn handle<'a>(&self, work: &Work<'_>, deliveries: &[&'a Delivery]) -> AllSettled<'a> {
        let each =
            deliveries.iter().map(async |delivery| (*delivery, receive(&self.0, work, delivery).await));
        join_all(each).await
    }
}

/// Handles each message, which is not an event, by itself, all concurrently.
pub(super) struct OneMessage<R>(pub R);

impl<R: AsyncFn(Message<'_>) -> Result<Effect, Failure>> Handler for OneMessage<R> {
    async fn handle<'a>(&self, work: &Work<'_>, deliveries: &[&'a Delivery]) -> AllSettled<'a> {
        let each = deliveries.iter().map(async |delivery| {
            let handled = async { catch_panic(self.0(message(delivery))).await.unwrap_or_else(Err) };
            (*delivery, work.attempt(delivery, handled).await)
        });
        join_all(each).await
    }
}

/// Handles the batch as a whole.
pub(super) struct Batch<R>(pub R);

impl<R: BatchReceiver> Handler for Batch<R> {
    async fn handle<'a>(&self, work: &Work<'_>, deliveries: &[&'a Delivery]) -> AllSettled<'a> {
        let handling = async |deliveries: &[&Delivery], answers: &Answers| {
            let mut events = Vec::with_capacity(deliveries.len());
            let parsed: Vec<Result<(), Failure>> =
                deliveries.iter().map(|d| Ok(json::read(&d.body).map(|event| events.push(event))?)).collect();
            let mut received = all_or_panic(events.len(), self.0.receive_batch(events)).await;
            let answer = |parsed: Result<(), Failure>| {
                parsed.and_then(|()| received.next().unwrap_or_else(unanswered))
            };
            answers.give_all(parsed.into_iter().map(answer));
        };
        let settled = work.attempt_all(deliveries, handling).await;
        deliveries.iter().copied().zip(settled).collect()
    }
}

/// Handles the batch, whose messages are not events, as a whole.
pub(super) struct Messages<R>(pub R);

impl<R: MessageReceiver> Handler for Messages<R> {
    async fn handle<'a>(&self, work: &Work<'_>, deliveries: &[&'a Delivery]) -> AllSettled<'a> {
        let handling = async |deliveries: &[&Delivery], answers: &Answers| {
            let messages: Vec<_> = deliveries.iter().map(|delivery| message(delivery)).collect();
            let mut received = all_or_panic(messages.len(), self.0.receive_messages(&messages)).await;
            answers.give_all(deliveries.iter().map(|_| received.next().unwrap_or_else(unanswered)));
        };
        let settled = work.attempt_all(deliveries, handling).await;
        deliveries.iter().copied().zip(settled).collect()
    }
}

type Results = Vec<Result<Effect, Failure>>;

/// Returns the results of a batch, or a failure for each message if the receiver panics.
async fn all_or_panic(
    count: usize,
    receiving: impl Future<Output = Results>,
) -> std::vec::IntoIter<Result<Effect, Failure>> {
    let panicked = |panic| vec![Err(panic); count];
    catch_panic(receiving).await.unwrap_or_else(panicked).into_iter()
}

fn unanswered() -> Result<Effect, Failure> {
    Err(Failure::transient("Unanswered", "the handler gave no result for this message"))
}

/// Attempts to handle a message. Parsing is part of the attempt, so a malformed message fails alone.
pub(super) async fn receive(receiver: &impl Receiver, work: &Work<'_>, delivery: &Delivery) -> Settled {
    let handled = async { receiver.receive(Event::parse(&delivery.body)?).await };
    work.attempt(delivery, async { catch_panic(handled).await.unwrap_or_else(Err) }).await
}
