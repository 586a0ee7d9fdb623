//! Requests that arrive at a rate, independently of each other, as those of many customers do.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

/// A request that is sent now.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Its number, from 0.
    pub n: u64,
    /// The time when it was due.
    pub due: Instant,
    /// The time when a connection slot became free for it: later than it was due if too many others were under way.
    pub slot_since: Instant,
    /// True if it had to wait for a slot.
    pub waited: bool,
}

/// Sends requests when they are due, whether or not earlier ones are answered, with at most so many under way. A request without a time is
/// due when a slot is free. Dropping the future cancels the requests under way.
pub async fn send_when_due<F>(
    due: impl Iterator<Item = Option<Duration>>,
    start: Instant,
    slots: usize,
    request: impl Fn(Arrival) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(slots));
    let mut requests = JoinSet::new();
    let mut slot_since = start;
    for (n, due) in (0..).zip(due) {
        let due = due.map(|due| start + due);
        tokio::time::sleep_until(due.unwrap_or(start)).await;
        let at_once = Arc::clone(&free).try_acquire_owned();
        let waited = at_once.is_err();
        let Ok(slot) = (match at_once {
            Ok(slot) => Ok(slot),
            Err(_) => Arc::clone(&free).acquire_owned().await,
        }) else {
            return;
        };
        if waited {
            slot_since = Instant::now();
        }
        let due = due.unwrap_or_else(Instant::now);
        let request = request(Arrival { n, due, slot_since, waited });
        requests.spawn(async move {
            request.await;
            drop(slot);
        });
        while requests.try_join_next().is_some() {}
    }
    while requests.join_next().await.is_some() {}
}

/// The time from the first request until the nth is due; `None` without a rate, when it is due as soon as a slot is free.
pub fn due_after(n: u64, rate: u32) -> Option<Duration> {
    let micros = (u128::from(n) * 1_000_000).checked_div(u128::from(rate))?;
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
}

/// The milliseconds since `start`.
pub fn since(start: Instant) -> u64 {
    milliseconds(start.elapsed())
}

/// A duration in milliseconds.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Locks, even if another task panicked while it held the lock: no task leaves the data inconsistent.
pub fn locked<T>(sent: &Mutex<T>) -> MutexGuard<'_, T> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_keep_the_rate_whatever_the_answers_do() {
        assert_eq!(
            [0, 1, 50].map(|n| due_after(n, 50)),
            [0, 20, 1000].map(|ms| Some(Duration::from_millis(ms)))
        );
        assert_eq!(due_after(999_999, 3), Some(Duration::from_secs(333_333)), "no error adds up");
        assert_eq!(due_after(1_000_000, 0), None, "as fast as they are answered");
    }
}
