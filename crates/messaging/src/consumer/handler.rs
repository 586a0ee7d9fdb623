//! The ways through a batch: all messages at once, group by group, or as one.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::{FutureExt, future::join_all};
use tracing::Instrument;

use super::{
    BatchReceiver, Effect, Message, MessageReceiver, Receiver,
    delivery::Delivery,
    queues::{Ending, Fate, Queues, not_attempted},
};
use crate::{Event, Failure, event};

/// What can make the effects of a batch's messages: one ending per message, in their order.
pub(super) trait Handler {
    fn handle(&self, queues: &Queues, deliveries: &[Delivery]) -> impl Future<Output = Vec<Ending>>;
}

/// Each message for itself, all at once.
pub(super) struct One<R>(pub R);

impl<R: Receiver> Handler for One<R> {
    async fn handle(&self, queues: &Queues, deliveries: &[Delivery]) -> Vec<Ending> {
        join_all(deliveries.iter().map(|delivery| receive(&self.0, queues, delivery))).await
    }
}

/// The messages of a group one after the other, groups side by side.
pub(super) struct EachGroup<R>(pub R);

impl<R: Receiver> Handler for EachGroup<R> {
    async fn handle(&self, queues: &Queues, deliveries: &[Delivery]) -> Vec<Ending> {
        let mut groups: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
        for (n, delivery) in deliveries.iter().enumerate() {
            let group = delivery.group.as_deref();
            match groups.iter_mut().find(|(known, _)| *known == group) {
                Some((_, members)) => members.push(n),
                None => groups.push((group, vec![n])),
            }
        }
        let in_order = groups.iter().map(|(_, members)| async {
            let mut endings: Vec<Ending> = Vec::with_capacity(members.len());
            for delivery in members.iter().filter_map(|n| deliveries.get(*n)) {
                endings.push(match endings.last() {
                    Some(Ending { fate: Fate::Kept | Fate::NotAttempted, .. }) => {
                        delivery.span().in_scope(not_attempted)
                    }
                    _ => receive(&self.0, queues, delivery).await,
                });
            }
            endings
        });
        let mut by_position: Vec<(usize, Ending)> = join_all(in_order)
            .await
            .into_iter()
            .zip(&groups)
            .flat_map(|(endings, (_, members))| members.iter().copied().zip(endings))
            .collect();
        by_position.sort_unstable_by_key(|(n, _)| *n);
        by_position.into_iter().map(|(_, ending)| ending).collect()
    }
}

/// The batch as a whole.
pub(super) struct Batch<R>(pub R);

impl<R: BatchReceiver> Handler for Batch<R> {
    async fn handle(&self, queues: &Queues, deliveries: &[Delivery]) -> Vec<Ending> {
        let mut events = Vec::with_capacity(deliveries.len());
        let parsed: Vec<Result<(), Failure>> =
            deliveries.iter().map(|d| event::read(&d.body).map(|event| events.push(event))).collect();
        let mut received = all_or_panic(events.len(), self.0.receive_batch(events)).await;
        let results = parsed.into_iter().map(|p| p.and_then(|()| received.next().unwrap_or_else(unanswered)));
        see_off(queues, deliveries.iter().zip(results)).await
    }
}

/// The batch as a whole, of messages that are no events.
pub(super) struct Messages<R>(pub R);

impl<R: MessageReceiver> Handler for Messages<R> {
    async fn handle(&self, queues: &Queues, deliveries: &[Delivery]) -> Vec<Ending> {
        let message = |d| {
            let Delivery { message_id, sent_at, body, attributes, .. }: &Delivery = d;
            Message::new(message_id, *sent_at, body, attributes)
        };
        let messages: Vec<Message<'_>> = deliveries.iter().map(message).collect();
        let mut received = all_or_panic(messages.len(), self.0.receive_messages(&messages)).await;
        let results =
            deliveries.iter().map(|delivery| (delivery, received.next().unwrap_or_else(unanswered)));
        see_off(queues, results).await
    }
}

async fn see_off(
    queues: &Queues,
    results: impl Iterator<Item = (&Delivery, Result<Effect, Failure>)>,
) -> Vec<Ending> {
    join_all(results.map(|(delivery, result)| queues.see_off(delivery, result).instrument(delivery.span())))
        .await
}

type Results = Vec<Result<Effect, Failure>>;

/// A batch that panics fails for each of its messages.
async fn all_or_panic(
    count: usize,
    receiving: impl Future<Output = Results>,
) -> std::vec::IntoIter<Result<Effect, Failure>> {
    let panicked = |panic| vec![Err(panic); count];
    contained(receiving).await.unwrap_or_else(panicked).into_iter()
}

fn unanswered() -> Result<Effect, Failure> {
    Err(Failure::transient("Unanswered", "the handler gave no result for this message"))
}

/// Parsing stands inside the guarded part, so a mangled message fails alone.
async fn receive(receiver: &impl Receiver, queues: &Queues, delivery: &Delivery) -> Ending {
    let handled = async {
        let handled = async { receiver.receive(Event::parse(&delivery.body)?).await };
        let result: Result<Effect, Failure> = contained(handled).await.unwrap_or_else(Err);
        queues.see_off(delivery, result).await
    };
    handled.instrument(delivery.span()).await
}

/// A panic is the failure of the message that caused it, not of the messages beside it.
async fn contained<T>(handled: impl Future<Output = T>) -> Result<T, Failure> {
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .map_err(|_: Box<dyn Any + Send>| Failure::transient("Panic", "the handler panicked"))
}
