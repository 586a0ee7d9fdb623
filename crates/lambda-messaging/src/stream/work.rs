//! One invocation's work on a batch: the attempt at each record, from its beginning until the record is settled.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use futures_util::{StreamExt, stream};
use tracing::{Instrument, warn};

use super::{
    Receiver,
    delivery::{Delivery, StreamRecord},
};
use crate::{
    Effect, Failure,
    dead_letter_queue::DeadLetterQueue,
    dead_letter_reason::Source,
    handling::{Handled, Time, catch_panic, log_effect, log_failure},
};

/// The number of keys whose records are handled concurrently.
const AT_ONCE: usize = 20;
/// The number of dead letters that are sent concurrently. A whole batch can be poison.
const LETTERS_AT_ONCE: usize = 8;

/// A settled record: its disposition and the result of handling it.
pub(super) struct Settled {
    pub disposition: Disposition,
    pub result: Result<Effect, Failure>,
}

/// The disposition of a settled record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disposition {
    /// Handled.
    Done,
    /// In the dead-letter queue.
    DeadLettered,
    /// It comes again.
    Kept,
    /// It comes again, and was not attempted.
    NotAttempted,
}

impl Settled {
    /// True if the record comes again.
    pub(super) fn stays(&self) -> bool {
        matches!(self.disposition, Disposition::Kept | Disposition::NotAttempted)
    }
}

pub(super) struct Work<'a, T> {
    dlq: &'a DeadLetterQueue,
    time: Time,
    records: &'a [Delivery<T>],
    /// The results of the records, by position. A record without one was not attempted.
    results: RefCell<Vec<Option<Result<Effect, Failure>>>>,
    /// The position of the first record that is known to stay. It comes again, and with it all behind it.
    first_kept: Cell<usize>,
    /// True once a call for one of the records was throttled.
    throttled: Cell<bool>,
}

impl<'a, T: StreamRecord> Work<'a, T> {
    pub(super) fn new(dlq: &'a DeadLetterQueue, time: Time, records: &'a [Delivery<T>]) -> Self {
        let results = RefCell::new(vec![None; records.len()]);
        let first_kept = Cell::new(usize::MAX);
        Self { dlq, time, records, results, first_kept, throttled: Cell::new(false) }
    }

    /// Handles the records and settles each; returns them in their order.
    pub(super) async fn handle(self, receiver: &impl Receiver<T>) -> Vec<Settled> {
        let keys = keys(self.records).into_iter();
        stream::iter(keys).for_each_concurrent(AT_ONCE, |key| self.in_order(receiver, key)).await;
        let dead_lettered = self.dead_letter_refused().await;
        self.settle(&dead_lettered)
    }

    /// Handles the records of a key one after the other, until one of them stays.
    async fn in_order(&self, receiver: &impl Receiver<T>, positions: Vec<usize>) {
        for position in positions {
            let Some(record) = self.records.get(position) else { return };
            if !self.may_begin(position) {
                return self.keep_from(position);
            }
            let handling = Box::pin(receive(receiver, &record.record));
            let result = self.time.work(handling).instrument(record.span()).await.unwrap_or_else(out_of_time);
            let stays = match &result {
                Ok(_) => false,
                Err(failure) => {
                    self.throttled.set(self.throttled.get() || failure.is_throttling());
                    failure.is_retryable()
                }
            };
            if let Some(of_record) = self.results.borrow_mut().get_mut(position) {
                *of_record = Some(result);
            }
            if stays {
                return self.keep_from(position);
            }
        }
    }

    /// True if a record should be attempted. Behind a record that stays, an attempt would only be repeated.
    fn may_begin(&self, position: usize) -> bool {
        position < self.first_kept.get() && !self.throttled.get() && self.time.allows_an_attempt()
    }

    fn keep_from(&self, position: usize) {
        self.first_kept.set(self.first_kept.get().min(position));
    }

    /// Dead-letters the refused records before the first one that stays. Those behind it come again.
    async fn dead_letter_refused(&self) -> Vec<usize> {
        let refused: Vec<(usize, Failure)> = {
            let results = self.results.borrow();
            let first_kept = results.iter().take(self.first_kept.get()).enumerate();
            first_kept.filter_map(|(n, result)| Some((n, result.as_ref()?.as_ref().err()?.clone()))).collect()
        };
        let send = refused.into_iter().filter_map(|(position, failure)| {
            let record = self.records.get(position)?;
            let sent = async move { (position, self.dead_letter(record, &failure).await) };
            Some(sent.instrument(record.span()))
        });
        let mut dead_lettered = Vec::new();
        let mut sent = stream::iter(send).buffered(LETTERS_AT_ONCE);
        while let Some((position, is_sent)) = sent.next().await {
            if !is_sent {
                self.keep_from(position);
                break;
            }
            dead_lettered.push(position);
        }
        dead_lettered
    }

    /// Sends a record to the dead-letter queue. Returns true if it arrived: the stream may go on then.
    async fn dead_letter(&self, record: &Delivery<T>, failure: &Failure) -> bool {
        let letter = record.record.letter();
        let Delivery { stream, sequence_number, .. } = record;
        let source = Source::Stream {
            stream,
            sequence_number,
            partition_key: record.record.partition_key(),
            body: letter.form(),
        };
        let body = letter.into_body(stream, sequence_number);
        match self.time.settle(self.dlq.send(body, failure, Some(source))).await {
            Some(Ok(())) => true,
            Some(Err(failure)) => {
                warn!(error = %failure, "not dead-lettered");
                false
            }
            None => {
                warn!("not dead-lettered: the function's time was over");
                false
            }
        }
    }

    /// Settles each record, now that all is known.
    fn settle(self, dead_lettered: &[usize]) -> Vec<Settled> {
        let first_kept = self.first_kept.get();
        let mut not_attempted = 0_usize;
        let results = self.results.into_inner().into_iter().zip(self.records).enumerate();
        let settled = results.map(|(position, (result, record))| {
            let Some(result) = result else {
                not_attempted += 1;
                return Settled { disposition: Disposition::NotAttempted, result: not_begun() };
            };
            let disposition = match &result {
                Ok(_) => Disposition::Done,
                Err(_) if dead_lettered.binary_search(&position).is_ok() => Disposition::DeadLettered,
                Err(_) => Disposition::Kept,
            };
            let message = Handled { event_type: record.ids.event_type.as_ref(), ..Handled::default() };
            record.span().in_scope(|| match (&result, disposition) {
                (Ok(effect), _) => log_effect(message, *effect),
                (Err(failure), Disposition::DeadLettered) => log_failure(message, "dead-lettered", failure),
                (Err(failure), _) => log_failure(message, "kept for a retry", failure),
            });
            Settled { disposition, result }
        });
        let settled = settled.collect();
        if let Some(first) = self.records.get(first_kept) {
            // One line: a batch can have thousands of records.
            let sequence_number = &first.sequence_number;
            warn!(sequence_number, not_attempted, "the stream is delivered again from this record on");
        }
        settled
    }
}

/// The positions of the records of each key, in their order. The key with the earliest record comes first.
fn keys<T>(records: &[Delivery<T>]) -> Vec<Vec<usize>> {
    let (mut keys, mut known) = (Vec::<Vec<usize>>::new(), HashMap::new());
    for (position, record) in records.iter().enumerate() {
        let key = *known.entry(record.key.as_str()).or_insert(keys.len());
        match keys.get_mut(key) {
            Some(positions) => positions.push(position),
            None => keys.push(vec![position]),
        }
    }
    keys
}

/// Hands a record to its receiver. A panic may have had a passing cause, so one more try follows at once. A later one could not be
/// told from the first, and the record would block its shard.
async fn receive<T>(receiver: &impl Receiver<T>, record: &T) -> Result<Effect, Failure> {
    let receive = || catch_panic(async { receiver.receive(record).await });
    match receive().await {
        Ok(result) => result,
        Err(_) => receive().await.unwrap_or_else(|_| {
            Err(Failure::permanent("Panic", "the handler panicked at this record, twice in a row"))
        }),
    }
}

fn out_of_time() -> Result<Effect, Failure> {
    Err(Failure::transient("OutOfTime", "the function's time was over before it was handled"))
}

fn not_begun() -> Result<Effect, Failure> {
    let detail = "a record before it stays, a call was throttled, or the function had too little time left";
    Err(Failure::transient("NotAttempted", detail))
}
