//! The time that an invocation has. Lambda kills a function that runs into its deadline, and what it had finished then
//! comes again: so its work ends before, and early enough to say what became of each message.

use std::{cell::Cell, time::Duration};

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

/// The most that is kept for dead-lettering, backing off and reporting. A fifth of the time, if that is less.
const RESERVED_FOR_SETTLING: Duration = Duration::from_secs(3);

pub(super) struct Time {
    /// When no message is worked on any more.
    work_ends: Instant,
    /// When nothing more is done about those worked on.
    all_ends: Instant,
    /// The least time that an attempt needs, as far as is known: the first ones of an invocation tell it about the next.
    useful: Cell<Duration>,
}

impl Time {
    /// The time until a deadline, in milliseconds since 1970.
    pub(super) fn until(deadline: u64) -> Self {
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
        let left = Duration::from_millis(deadline.saturating_sub(now));
        let for_the_end = RESERVED_FOR_SETTLING.min(left / 5);
        let ends = Instant::now() + left;
        Self { work_ends: ends - for_the_end, all_ends: ends - for_the_end / 8, useful: Cell::new(left / 10) }
    }

    /// True if another attempt has a chance to end in time. One that hasn't would be lost for nothing.
    pub(super) fn allows_an_attempt(&self) -> bool {
        self.work_ends.saturating_duration_since(Instant::now()) >= self.useful.get()
            && Instant::now() < self.work_ends
    }

    /// Works until it is done, or the time for it is over.
    pub(super) async fn work<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        let done = timeout_at(self.work_ends, work).await.ok();
        self.useful.set(self.useful.get().max(began.elapsed()));
        done
    }

    /// Does what has to be done after the work, as far as there is time left.
    pub(super) async fn settle<T>(&self, settling: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.all_ends, settling).await.ok()
    }
}
