//! What becomes of each message of a batch: done, back to the queue for later, or dead-lettered with the reason.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use aws_sdk_sqs::{Client, types::ChangeMessageVisibilityBatchRequestEntry};
use lambda_runtime::Error;
use tracing::{info, warn};

use super::{Effect, dead_letter::DeadLetters, delivery::Delivery};
use crate::{Failure, Function, failure::Reason};

/// After this many receives a message goes to the dead-letter queue. The templates' `maxReceiveCount` says the same
/// to the queue, for messages that never got as far as this code: a crash, a timeout.
const MAX_RECEIVES: u32 = 5;
/// The longest wait before the second receive. Four times as long before each further one: a blip is over soon, and
/// five receives still last through minutes of trouble.
const FIRST_BACKOFF_SECONDS: u32 = 2;
const MAX_BACKOFF_SECONDS: u32 = 15 * 60;
/// What SQS takes in one call.
const MAX_ENTRIES: usize = 10;

/// How the handling of a message ended.
pub(super) struct Ending {
    pub fate: Fate,
    pub result: Result<Effect, Failure>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Handled; the queue may delete it.
    Done,
    /// In the dead-letter queue; its own queue may delete it.
    DeadLettered,
    /// It comes again.
    Kept,
    /// It comes again, behind the one that it had to wait for.
    NotAttempted,
}

/// The buffer queues that feed a function, each with its dead-letter queue.
pub(super) struct Queues {
    client: Client,
    service: &'static str,
    pairs: Vec<Pair>,
    dead_letters: DeadLetters,
}

struct Pair {
    url: String,
    dlq_url: String,
}

impl Queues {
    /// # Errors
    /// If a setting is missing, or a queue has no dead-letter queue.
    pub(super) fn of(function: &Function) -> Result<Self, Error> {
        let [queues, dlqs] = function.settings([
            ("BUFFER_QUEUE_URLS", "the queues that feed this function, separated by commas"),
            ("DEAD_LETTER_QUEUE_URLS", "their dead-letter queues, in the same order"),
        ])?;
        let (urls, dlq_urls): (Vec<&str>, Vec<&str>) =
            (queues.split(',').collect(), dlqs.split(',').collect());
        if urls.len() != dlq_urls.len() {
            return Err("BUFFER_QUEUE_URLS and DEAD_LETTER_QUEUE_URLS must name equally many queues".into());
        }
        let pair = |(url, dlq_url): (&str, &str)| Pair { url: url.to_owned(), dlq_url: dlq_url.to_owned() };
        let pairs = urls.into_iter().zip(dlq_urls).map(pair).collect();
        Ok(Self::new(Client::new(function.aws()), function.service(), pairs))
    }

    fn new(client: Client, service: &'static str, pairs: Vec<Pair>) -> Self {
        let dead_letters = DeadLetters::new(client.clone(), service);
        Self { client, service, pairs, dead_letters }
    }

    /// A queue's URL ends in its name; what stands before differs between AWS and an emulator.
    fn pair(&self, delivery: &Delivery) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.url.rsplit('/').next() == Some(&delivery.queue_name))
    }

    /// The service whose queues they are.
    pub(super) fn service(&self) -> &'static str {
        self.service
    }

    /// Sees a handled message off: what can't succeed, or had its last chance, goes to the dead-letter queue.
    pub(super) async fn see_off(&self, delivery: &Delivery, result: Result<Effect, Failure>) -> Ending {
        let fate = match &result {
            Ok(_) => Fate::Done,
            Err(failure) if failure.may_be_retried() && delivery.receive_count < MAX_RECEIVES => Fate::Kept,
            Err(failure) if self.dead_letter(delivery, failure.reason()).await => Fate::DeadLettered,
            Err(_) => Fate::Kept,
        };
        log(&result, fate);
        Ending { fate, result }
    }

    /// Tells the queue which messages to keep, and for how long at least.
    pub(super) async fn keep(&self, deliveries: &[Delivery], endings: &[Ending]) -> SqsBatchResponse {
        let with = |wanted: &[Fate]| {
            let ended = deliveries.iter().zip(endings);
            let wanted = ended.filter(|(_, ending)| wanted.contains(&ending.fate));
            wanted.map(|(delivery, _)| delivery).collect::<Vec<_>>()
        };
        // What wasn't attempted needs no wait of its own: its queue holds it back for as long as the one before it.
        self.back_off(&with(&[Fate::Kept])).await;
        let mut response = SqsBatchResponse::default();
        let kept = with(&[Fate::Kept, Fate::NotAttempted]);
        response.batch_item_failures = kept.into_iter().map(keep).collect();
        response
    }

    /// Sends the message to the dead-letter queue with the reason why, after which the source queue may delete it.
    async fn dead_letter(&self, delivery: &Delivery, why: &Reason) -> bool {
        let Some(Pair { dlq_url, .. }) = self.pair(delivery) else {
            return false;
        };
        let sent = self.dead_letters.send(delivery, dlq_url, why).await;
        if let Err(failure) = &sent {
            warn!(error = %failure, "not dead-lettered");
        }
        sent.is_ok()
    }

    /// Keeps failed messages invisible for a while: exponential, with full jitter, so that what failed together
    /// doesn't come back together.
    async fn back_off(&self, kept: &[&Delivery]) {
        for pair in &self.pairs {
            let of_pair = |delivery: &&&Delivery| self.pair(delivery).is_some_and(|p| p.url == pair.url);
            let kept: Vec<&Delivery> = kept.iter().filter(of_pair).copied().collect();
            for some in kept.chunks(MAX_ENTRIES) {
                let entries = some.iter().enumerate().filter_map(|(n, delivery)| {
                    ChangeMessageVisibilityBatchRequestEntry::builder()
                        .id(n.to_string())
                        .receipt_handle(&delivery.receipt_handle)
                        .visibility_timeout(backoff(delivery.receive_count))
                        .build()
                        .ok()
                });
                let change = self.client.change_message_visibility_batch().queue_url(&pair.url);
                if let Err(error) = change.set_entries(Some(entries.collect())).send().await {
                    // The queue's own visibility timeout still brings the messages back.
                    let failure = Failure::aws("sqs:ChangeMessageVisibilityBatch", &error);
                    for delivery in some {
                        delivery.span().in_scope(|| warn!(error = %failure, "no backoff"));
                    }
                }
            }
        }
    }
}

/// Leaves a message for later because one before it has to come first.
pub(super) fn not_attempted() -> Ending {
    let waits = Failure::transient("NotAttempted", "a message before it in its group was kept for a retry");
    let (fate, result) = (Fate::NotAttempted, Err(waits));
    log(&result, fate);
    Ending { fate, result }
}

/// Seconds to wait after the message's nth receive: 1 to the bound.
fn backoff(receive_count: u32) -> i32 {
    let doublings = 2 * receive_count.saturating_sub(1).min(8);
    let bound = (FIRST_BACKOFF_SECONDS << doublings).min(MAX_BACKOFF_SECONDS);
    i32::try_from(fastrand::u32(1..=bound)).unwrap_or(i32::MAX)
}

fn keep(delivery: &Delivery) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier.clone_from(&delivery.message_id);
    failure
}

fn log(result: &Result<Effect, Failure>, fate: Fate) {
    match result {
        Ok(effect) => {
            let (outcome, why) = match effect {
                Effect::Made => ("made", None),
                Effect::Duplicate => ("duplicate", None),
                Effect::Nothing(why) => ("nothing to do", Some(*why)),
            };
            info!(outcome, why, "handled");
        }
        Err(failure) => {
            let outcome = match fate {
                Fate::Done | Fate::Kept => "kept for a retry",
                Fate::DeadLettered => "dead-lettered",
                Fate::NotAttempted => "not attempted",
            };
            let Reason { error_type, detail } = failure.reason();
            warn!(outcome, error_type, detail, "failed");
        }
    }
}

#[cfg(test)]
impl Queues {
    pub(super) fn one(client: Client, url: &str, dlq_url: &str) -> Self {
        let pairs = vec![Pair { url: url.to_owned(), dlq_url: dlq_url.to_owned() }];
        Self::new(client, "test", pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_and_stays_in_bounds() {
        for (receives, bound) in [(1, 2), (2, 8), (3, 32), (4, 128), (40, 900)] {
            let waits: Vec<i32> = (0..500).map(|_| backoff(receives)).collect();
            assert!(waits.iter().all(|wait| (1..=bound).contains(wait)), "{receives}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait > bound / 2), "{receives}: jitter uses the whole range");
        }
    }
}
