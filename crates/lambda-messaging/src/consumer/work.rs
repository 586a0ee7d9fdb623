//! One invocation's work on a batch: the attempt at each message, from its beginning to what becomes of the message.

use std::cell::Cell;

use futures_util::{StreamExt, stream};
use tracing::{Instrument, info, warn};

use super::{
    attempts::{Attempts, MAX_ATTEMPTS, Record},
    backoff,
    delivery::Delivery,
    queues::Queues,
    time::Time,
};
use crate::{Effect, Failure, failure::Reason};

/// How many messages of a batch that is handled as a whole are begun, or settled, at the same time.
const AT_ONCE: usize = 20;

/// How the handling of a message ended.
pub(super) struct Ending {
    pub fate: Fate,
    pub result: Result<Effect, Failure>,
}

/// The outcome of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Handled; the queue may delete it.
    Done,
    /// In the dead-letter queue; its own queue may delete it.
    DeadLettered,
    /// It comes again, after so many seconds.
    Kept(i32),
    /// It comes again after so many seconds, and has lost none of its attempts.
    NotAttempted(i32),
}

impl Fate {
    /// After how many seconds the message comes again; none if it doesn't.
    pub(super) fn wait(self) -> Option<i32> {
        match self {
            Self::Done | Self::DeadLettered => None,
            Self::Kept(seconds) | Self::NotAttempted(seconds) => Some(seconds),
        }
    }
}

pub(super) struct Work<'a> {
    queues: &'a Queues,
    attempts: &'a Attempts,
    time: Time,
    /// How long the message waits at which a call was throttled.
    throttled: Cell<Option<i32>>,
}

/// An attempt under way, and how many there have been with it, if that was recorded.
struct Begun(Option<u32>);

impl<'a> Work<'a> {
    pub(super) fn new(queues: &'a Queues, attempts: &'a Attempts, time: Time) -> Self {
        Self { queues, attempts, time, throttled: Cell::new(None) }
    }

    /// Attempts to handle a message.
    pub(super) async fn attempt(
        &self,
        delivery: &Delivery,
        handling: impl Future<Output = Result<Effect, Failure>>,
    ) -> Ending {
        let attempt = async {
            match self.begin(delivery).await {
                Ok(begun) => {
                    let result = self.time.work(Box::pin(handling)).await.unwrap_or_else(out_of_time);
                    self.end(delivery, begun, result).await
                }
                Err(ending) => ending,
            }
        };
        attempt.instrument(delivery.span()).await
    }

    /// Attempts to handle messages as a whole; gives an ending for each, in their order. `handling` does that for those
    /// that can be attempted, and gives a result for each.
    pub(super) async fn attempt_all(
        &self,
        deliveries: &[&Delivery],
        handling: impl AsyncFnOnce(&[&Delivery]) -> Vec<Result<Effect, Failure>>,
    ) -> Vec<Ending> {
        let begin = deliveries.iter().map(|delivery| self.begin(delivery).instrument(delivery.span()));
        let begun: Vec<_> = stream::iter(begin).buffered(AT_ONCE).collect().await;
        let attempted: Vec<&Delivery> =
            deliveries.iter().zip(&begun).filter(|(_, begun)| begun.is_ok()).map(|(d, _)| *d).collect();
        let results = self.time.work(Box::pin(handling(&attempted))).await;
        let mut results = results.into_iter().flatten();
        let with_results = begun.into_iter().map(|begun| {
            let begun = begun?;
            Ok((begun, results.next().unwrap_or_else(out_of_time)))
        });
        let end = deliveries.iter().zip(with_results).map(|(delivery, attempted)| {
            let end = async {
                match attempted {
                    Ok((begun, result)) => self.end(delivery, begun, result).await,
                    Err(ending) => ending,
                }
            };
            end.instrument(delivery.span())
        });
        stream::iter(end).buffered(AT_ONCE).collect().await
    }

    /// Begins an attempt, if the message may have one, and now.
    ///
    /// # Errors
    /// The outcome otherwise.
    async fn begin(&self, delivery: &Delivery) -> Result<Begun, Ending> {
        if delivery.past.unended && delivery.past.attempts >= MAX_ATTEMPTS {
            let detail = "its function was killed at each of its last attempts, or ran out of memory";
            return Err(self.give_up(delivery, Failure::transient("FunctionKilled", detail)).await);
        }
        if let Some(wait) = self.throttled.get() {
            return Err(not_attempted(wait, "a call for a message before it was throttled"));
        }
        if !self.time.is_enough() {
            return Err(not_attempted(0, "the function had too little time left for it"));
        }
        // A first receive is recorded if it fails. It may have been killed over a message before, unseen:
        // then it has one more attempt than others.
        Ok(Begun(if delivery.receive_count > 1 { self.record(delivery, Record::Begun).await } else { None }))
    }

    /// Settles what becomes of a message after an attempt.
    async fn end(&self, delivery: &Delivery, begun: Begun, result: Result<Effect, Failure>) -> Ending {
        let failure = match result {
            Ok(effect) => {
                self.record_end(delivery, &begun, Record::Ended).await;
                return Ending::logged(Fate::Done, Ok(effect));
            }
            Err(failure) => failure,
        };
        if failure.is_throttling() {
            self.record_end(delivery, &begun, Record::Undone).await;
            let wait = backoff::after_throttling(delivery);
            self.throttled.set(Some(wait));
            return Ending::logged(Fate::Kept(wait), Err(failure));
        }
        let attempts = match begun {
            Begun(None) if failure.may_be_retried() => self.record(delivery, Record::Failed).await,
            Begun(recorded) => self.record_end(delivery, &begun, Record::Ended).await.or(recorded),
        };
        let is_last = attempts.is_some_and(|attempts| attempts >= MAX_ATTEMPTS);
        if is_last || !failure.may_be_retried() {
            return self.give_up(delivery, failure).await;
        }
        Ending::logged(Fate::Kept(wait(delivery, attempts)), Err(failure))
    }

    /// Dead-letters a message; keeps it if that fails.
    async fn give_up(&self, delivery: &Delivery, failure: Failure) -> Ending {
        let given_up = self.time.settle(self.queues.dead_letter(delivery, failure.reason())).await;
        let fate = if given_up == Some(true) { Fate::DeadLettered } else { Fate::Kept(wait(delivery, None)) };
        Ending::logged(fate, Err(failure))
    }

    async fn record(&self, delivery: &Delivery, record: Record) -> Option<u32> {
        self.time.settle(self.attempts.record(delivery, record)).await.flatten()
    }

    /// Records the end of an attempt whose beginning was recorded.
    async fn record_end(&self, delivery: &Delivery, begun: &Begun, end: Record) -> Option<u32> {
        if begun.0.is_some() { self.record(delivery, end).await } else { None }
    }

    /// The time that is left.
    pub(super) fn time(&self) -> &Time {
        &self.time
    }
}

/// Seconds to wait after so many attempts. If they are unknown, receives stand for them.
fn wait(delivery: &Delivery, attempts: Option<u32>) -> i32 {
    backoff::after_attempts(attempts.unwrap_or(delivery.receive_count).min(MAX_ATTEMPTS))
}

/// Leaves a message for later because one before it in its group has to come first. It waits no longer than that one.
pub(super) fn behind(delivery: &Delivery, wait: i32) -> Ending {
    let detail = "a message before it in its group was kept for a retry";
    delivery.span().in_scope(|| not_attempted(wait, detail))
}

fn not_attempted(wait: i32, detail: &str) -> Ending {
    Ending::logged(Fate::NotAttempted(wait), Err(Failure::transient("NotAttempted", detail)))
}

fn out_of_time() -> Result<Effect, Failure> {
    Err(Failure::transient("OutOfTime", "the function's time was over before it was handled"))
}

impl Ending {
    fn logged(fate: Fate, result: Result<Effect, Failure>) -> Self {
        match &result {
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
                    Fate::Done | Fate::Kept(_) => "kept for a retry",
                    Fate::DeadLettered => "dead-lettered",
                    Fate::NotAttempted(_) => "not attempted",
                };
                let Reason { error_type, detail } = failure.reason();
                warn!(outcome, error_type, detail, "failed");
            }
        }
        Self { fate, result }
    }
}

#[cfg(test)]
pub(super) mod tests;
