//! The time of an invocation. Lambda kills a function at its deadline, and then delivers all its messages again, even those that were
//! handled. So the work ends earlier, and leaves time to settle each message.

use std::{cell::Cell, time::Duration};

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

/// The time that is reserved for settling messages, or a fifth of all time if that is less.
const RESERVED_FOR_SETTLING: Duration = Duration::from_secs(3);

pub(crate) struct Time {
    /// The time when work on messages ends.
    work_ends: Instant,
    /// The time when settling messages ends.
    all_ends: Instant,
    /// The time that an attempt is expected to need: as long as the longest of this invocation, and at least a tenth of all time.
    useful: Cell<Duration>,
}

impl Time {
    /// The time until a deadline, in milliseconds since 1970.
    pub(crate) fn until(deadline: u64) -> Self {
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
        let left = Duration::from_millis(deadline.saturating_sub(now));
        let for_the_end = RESERVED_FOR_SETTLING.min(left / 5);
        let ends = Instant::now() + left;
        Self { work_ends: ends - for_the_end, all_ends: ends - for_the_end / 8, useful: Cell::new(left / 10) }
    }

    /// True if another attempt can be expected to end in time. An attempt that is cut off counts, so it should not be begun.
    pub(crate) fn allows_an_attempt(&self) -> bool {
        self.work_ends.saturating_duration_since(Instant::now()) >= self.useful.get()
            && Instant::now() < self.work_ends
    }

    /// Runs work until it is done, or until the time for work is over.
    pub(crate) async fn work<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        let done = timeout_at(self.work_ends, work).await.ok();
        self.useful.set(self.useful.get().max(began.elapsed()));
        done
    }

    /// Settles messages, as far as time allows.
    pub(crate) async fn settle<T>(&self, settling: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.all_ends, settling).await.ok()
    }
}
