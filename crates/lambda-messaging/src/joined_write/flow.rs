//! The way of writes to their results: together, again without those that are settled, and one by one.

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use aws_sdk_dynamodb::Client;
use futures_util::{StreamExt, stream};

use super::{
    Numbered, identity,
    transaction::{CONFLICT, Refusal, Transaction, Verdict},
};
use crate::{Effect, Failure};

/// The attempts at a write by itself. Transactions that add to the same item conflict, and one of them is retried.
const ATTEMPTS: u32 = 5;
/// The number of writes, each by itself, that are made concurrently.
const AT_ONCE: usize = 20;

pub(super) struct Flow<'c, A> {
    pub client: &'c Client,
    /// Takes the result of each write.
    pub answer: A,
    /// The failure of a call that was not about its content. Later transactions are not tried, and if it was throttled, nothing else is.
    pub trouble: OnceLock<Failure>,
}

/// The writes of a cancelled transaction that have no result yet.
#[derive(Default)]
struct Left<'a> {
    innocent: Vec<Numbered<'a>>,
    conflicting: Vec<Numbered<'a>>,
    suspect: Vec<Numbered<'a>>,
}

impl<A: Fn(usize, Result<Effect, Failure>)> Flow<'_, A> {
    /// Writes in as few transactions as possible.
    pub(super) async fn together(&self, writes: &[Numbered<'_>]) {
        for transaction in Transaction::of(writes) {
            let Left { innocent, conflicting, suspect } = self.attempt(&transaction).await;
            // First those that no reason concerns, so that the others don't delay them.
            self.again(&innocent).await;
            if !conflicting.is_empty() {
                pause(1).await;
                self.again(&conflicting).await;
            }
            self.each(&suspect).await;
        }
    }

    /// Writes once more in one transaction, and one by one if that is cancelled, too.
    async fn again(&self, writes: &[Numbered<'_>]) {
        for transaction in Transaction::of(writes) {
            let Left { innocent, conflicting, suspect } = self.attempt(&transaction).await;
            self.each(&[innocent, conflicting, suspect].concat()).await;
        }
    }

    /// Makes one attempt at a transaction, and answers the writes whose results it tells. A single write needs no joined attempt.
    async fn attempt<'a>(&self, transaction: &Transaction<'a>) -> Left<'a> {
        let (mut left, writes) = (Left::default(), transaction.writes());
        if writes.len() == 1 {
            left.suspect = writes.to_vec();
            return left;
        }
        if let Some(failure) = self.trouble.get() {
            self.answer_all(writes, &Err(failure.clone()));
            return left;
        }
        match transaction.send(self.client).await {
            Ok(()) => self.answer_all(writes, &Ok(Effect::Made)),
            Err(Refusal::Content(_)) => left.suspect = writes.to_vec(),
            Err(Refusal::Trouble(failure)) => {
                self.answer_all(writes, &Err(failure.clone()));
                self.trouble.get_or_init(|| failure);
            }
            Err(Refusal::Cancelled(reasons, _)) => {
                for (write, verdict) in transaction.verdicts(&reasons) {
                    match verdict {
                        Verdict::Settled(result) => (self.answer)(write.0, result),
                        Verdict::Conflicting => left.conflicting.push(write),
                        Verdict::Suspect => left.suspect.push(write),
                        Verdict::Innocent => left.innocent.push(write),
                    }
                }
            }
        }
        left
    }

    fn answer_all(&self, writes: &[Numbered<'_>], result: &Result<Effect, Failure>) {
        for (n, _) in writes {
            (self.answer)(*n, result.clone());
        }
    }

    /// Writes each by itself. Those that add to the same item come one after the other, because they would conflict.
    pub(super) async fn each(&self, writes: &[Numbered<'_>]) {
        let mut by_item: BTreeMap<String, Vec<Numbered<'_>>> = BTreeMap::new();
        for (n, write) in writes {
            let item = write.additions.first().map(|addition| identity(&addition.table, &addition.item));
            by_item.entry(item.unwrap_or_else(|| n.to_string())).or_default().push((*n, *write));
        }
        let each = stream::iter(by_item.into_values()).for_each_concurrent(AT_ONCE, async |writes| {
            for write in writes {
                (self.answer)(write.0, self.alone(write).await);
            }
        });
        each.await;
    }

    async fn alone(&self, write: Numbered<'_>) -> Result<Effect, Failure> {
        if let Some(throttled) = self.trouble.get().filter(|trouble| trouble.is_throttling()) {
            return Err(throttled.clone());
        }
        let transaction = Transaction::one(write);
        let mut attempt = 1;
        loop {
            let (reasons, failure) = match transaction.send(self.client).await {
                Ok(()) => return Ok(Effect::Made),
                Err(Refusal::Content(failure)) => return Err(failure),
                Err(Refusal::Trouble(failure)) => {
                    if failure.is_throttling() {
                        self.trouble.get_or_init(|| failure.clone());
                    }
                    return Err(failure);
                }
                Err(Refusal::Cancelled(reasons, failure)) => (reasons, failure),
            };
            match transaction.verdicts(&reasons).next() {
                Some((_, Verdict::Settled(result))) => return result,
                Some((_, Verdict::Conflicting)) if attempt < ATTEMPTS => pause(attempt).await,
                Some((_, Verdict::Conflicting)) => return Err(kept_conflicting()),
                _ => return Err(failure),
            }
            attempt += 1;
        }
    }
}

fn kept_conflicting() -> Failure {
    Failure::transient(CONFLICT, "other writes to the same items kept getting in between")
}

/// Waits before a retry, each time longer, so that those who conflict come apart.
async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(fastrand::u64(0..25 << attempt))).await;
}
