//! One invocation's work on a batch: the attempt at each message, from its beginning until the message is settled.

use std::{cell::Cell, time::Duration};

use futures_util::{StreamExt, stream};
use tokio::time::Instant;
use tracing::Instrument;

use super::{
    answers::Answers,
    attempts::{Attempts, MAX_ATTEMPTS, Record},
    backoff,
    delivery::Delivery,
    queues::Queues,
};
use crate::{
    Effect, Failure,
    handling::{Time, log_effect, log_failure},
};

/// The number of messages of a batch handled as a whole that are begun, or settled, concurrently.
const AT_ONCE: usize = 20;

/// A settled message: its disposition and the result of handling it.
pub(super) struct Settled {
    pub disposition: Disposition,
    pub result: Result<Effect, Failure>,
}

/// The disposition of a settled message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Handled: the queue may delete it.
    Done,
    /// In the dead-letter queue: its own queue may delete it.
    DeadLettered,
    /// Kept in its queue: it comes again after this many seconds.
    Kept(i32),
    /// Kept without an attempt: it comes again after this many seconds, with all the attempts it had left.
    NotAttempted(i32),
}

impl Disposition {
    /// The seconds until the message comes again; `None` if it doesn't.
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
    /// True once a call for one of the messages was throttled.
    throttled: Cell<bool>,
}

/// An attempt under way.
struct Begun {
    /// The number of attempts including it, if that was recorded.
    attempts: Option<u32>,
    at: Instant,
}

impl<'a> Work<'a> {
    pub(super) fn new(queues: &'a Queues, attempts: &'a Attempts, time: Time) -> Self {
        Self { queues, attempts, time, throttled: Cell::new(false) }
    }

    /// Attempts to handle a message.
    pub(super) async fn attempt(
        &self,
        delivery: &Delivery,
        handling: impl Future<Output = Result<Effect, Failure>>,
    ) -> Settled {
        let attempt = async {
            match self.begin(delivery).await {
                Ok(begun) => {
                    let result = self.time.work(Box::pin(handling)).await.unwrap_or_else(out_of_time);
                    self.settle(delivery, begun, result).await
                }
                Err(settled) => settled,
            }
        };
        attempt.instrument(delivery.span()).await
    }

    /// Attempts to handle messages as a whole, and settles each; returns them in their order. `handling` handles those that can be
    /// attempted, and answers each of them by its position. An answer counts even if the time is over before the others have one.
    pub(super) async fn attempt_all(
        &self,
        deliveries: &[&Delivery],
        handling: impl AsyncFnOnce(&[&Delivery], &Answers),
    ) -> Vec<Settled> {
        let begin = deliveries.iter().map(|delivery| self.begin(delivery).instrument(delivery.span()));
        let begun: Vec<_> = stream::iter(begin).buffered(AT_ONCE).collect().await;
        let attempted: Vec<&Delivery> =
            deliveries.iter().zip(&begun).filter(|(_, begun)| begun.is_ok()).map(|(d, _)| *d).collect();
        let answers = Answers::to(attempted.len());
        self.time.work(Box::pin(handling(&attempted, &answers))).await;
        let mut answers = answers.all();
        let with_results = begun.into_iter().map(|begun| {
            let begun = begun?;
            Ok((begun, answers.next().flatten().unwrap_or_else(out_of_time)))
        });
        let end = deliveries.iter().zip(with_results).map(|(delivery, attempted)| {
            let end = async {
                match attempted {
                    Ok((begun, result)) => self.settle(delivery, begun, result).await,
                    Err(settled) => settled,
                }
            };
            end.instrument(delivery.span())
        });
        stream::iter(end).buffered(AT_ONCE).collect().await
    }

    /// Begins an attempt, if the message has one left and there is time for it.
    ///
    /// # Errors
    /// The settled message otherwise.
    async fn begin(&self, delivery: &Delivery) -> Result<Begun, Settled> {
        if delivery.past.unended && delivery.past.attempts >= MAX_ATTEMPTS {
            let detail = "its function was killed at each of its last attempts, or ran out of memory";
            return Err(self.dead_letter(delivery, None, Failure::transient("FunctionKilled", detail)).await);
        }
        if self.throttled.get() {
            // Each message has a wait of its own: those that wait for the same time come back together, and only the first is served.
            let wait = backoff::after_throttling(delivery);
            return Err(not_attempted(delivery, wait, "a call for a message before it was throttled"));
        }
        if !self.time.allows_an_attempt() {
            return Err(not_attempted(delivery, 0, "the function had too little time left for it"));
        }
        // A first receive is recorded only if it fails. A function that is killed during it leaves no record, so that message has one
        // more attempt than others.
        let at = Instant::now();
        let attempts =
            if delivery.receive_count > 1 { self.record(delivery, Record::Begun).await } else { None };
        Ok(Begun { attempts, at })
    }

    /// Settles a message after an attempt.
    async fn settle(&self, delivery: &Delivery, begun: Begun, result: Result<Effect, Failure>) -> Settled {
        let took = Some(begun.at.elapsed());
        let failure = match result {
            Ok(effect) => {
                self.record_end(delivery, &begun, Record::Ended).await;
                return Settled::logged(delivery, took, Disposition::Done, Ok(effect));
            }
            Err(failure) => failure,
        };
        if failure.is_throttling() {
            self.record_end(delivery, &begun, Record::Undone).await;
            self.throttled.set(true);
            let wait = backoff::after_throttling(delivery);
            return Settled::logged(delivery, took, Disposition::Kept(wait), Err(failure));
        }
        let attempts = match begun.attempts {
            None if failure.is_retryable() => self.record(delivery, Record::Failed).await,
            recorded => self.record_end(delivery, &begun, Record::Ended).await.or(recorded),
        };
        let is_last = attempts.is_some_and(|attempts| attempts >= MAX_ATTEMPTS);
        if is_last || !failure.is_retryable() {
            return self.dead_letter(delivery, took, failure).await;
        }
        Settled::logged(delivery, took, Disposition::Kept(wait(delivery, attempts)), Err(failure))
    }

    /// Dead-letters a message; keeps it if that fails.
    async fn dead_letter(&self, delivery: &Delivery, took: Option<Duration>, failure: Failure) -> Settled {
        let sent = self.time.settle(self.queues.dead_letter(delivery, failure.reason())).await;
        let disposition = if sent == Some(true) {
            Disposition::DeadLettered
        } else {
            Disposition::Kept(wait(delivery, None))
        };
        Settled::logged(delivery, took, disposition, Err(failure))
    }

    async fn record(&self, delivery: &Delivery, record: Record) -> Option<u32> {
        self.time.settle(self.attempts.record(delivery, record)).await.flatten()
    }

    /// Records the end of an attempt whose beginning was recorded.
    async fn record_end(&self, delivery: &Delivery, begun: &Begun, end: Record) -> Option<u32> {
        if begun.attempts.is_some() { self.record(delivery, end).await } else { None }
    }

    /// The time of the invocation.
    pub(super) fn time(&self) -> &Time {
        &self.time
    }
}

/// The seconds to wait after this many attempts. If their number is unknown, the number of receives replaces it.
fn wait(delivery: &Delivery, attempts: Option<u32>) -> i32 {
    backoff::after_attempts(attempts.unwrap_or(delivery.receive_count).min(MAX_ATTEMPTS))
}

/// Keeps a message because one before it in its group must come first. It waits no longer than that one.
#[cfg(any(feature = "fifo", test))]
pub(super) fn behind(delivery: &Delivery, wait: i32) -> Settled {
    let detail = "a message before it in its group was kept for a retry";
    delivery.span().in_scope(|| not_attempted(delivery, wait, detail))
}

fn not_attempted(delivery: &Delivery, wait: i32, detail: &str) -> Settled {
    Settled::logged(
        delivery,
        None,
        Disposition::NotAttempted(wait),
        Err(Failure::transient("NotAttempted", detail)),
    )
}

fn out_of_time() -> Result<Effect, Failure> {
    Err(Failure::transient("OutOfTime", "the function's time was over before it was handled"))
}

impl Settled {
    fn logged(
        delivery: &Delivery,
        took: Option<Duration>,
        disposition: Disposition,
        result: Result<Effect, Failure>,
    ) -> Self {
        let message = delivery.handled(took);
        match &result {
            Ok(effect) => log_effect(message, *effect),
            Err(failure) => {
                let outcome = match disposition {
                    Disposition::Done | Disposition::Kept(_) => "kept for a retry",
                    Disposition::DeadLettered => "dead-lettered",
                    Disposition::NotAttempted(_) => "not attempted",
                };
                log_failure(message, outcome, failure);
            }
        }
        Self { disposition, result }
    }
}

#[cfg(test)]
pub(super) mod tests;
