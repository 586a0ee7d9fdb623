//! Requests that arrive on their own, as those of many customers do: at a rate, and not one after the other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use crate::{Answer, Api};

/// Requests that are under way at the same time, at the most.
const IN_FLIGHT: usize = 200;

/// What the requests came to so far.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// What was accepted.
    pub taken: Vec<Taken>,
    /// What the others met, by kind.
    pub refused: BTreeMap<String, usize>,
    pub latencies_ms: Vec<u64>,
    pub last_ms: u64,
}

/// A request that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    /// The id that it got.
    pub id: String,
    /// When it arrived, whether or not there was room for it.
    pub arrived_ms: u64,
}

/// Lets so many requests arrive when they should, each on its own; each is tried once, as what is refused is to be seen.
/// Dropped, it takes those under way with it.
pub(crate) async fn arrive<F>(
    count: u32,
    rate: u32,
    start: Instant,
    sent: Arc<Mutex<Sent>>,
    request: impl Fn(u32) -> F,
) where
    F: Future<Output = Result<String, String>> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut requests = JoinSet::new();
    for n in 0..count {
        let due = arrival(n, rate).map(|due| start + due);
        tokio::time::sleep_until(due.unwrap_or(start)).await;
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        let (sent, request) = (Arc::clone(&sent), request(n));
        requests.spawn(async move {
            // Whoever arrives also waits while too many others do.
            let arrived = due.unwrap_or_else(Instant::now);
            let outcome = request.await;
            drop(place);
            let mut sent = locked(&sent);
            match outcome {
                Ok(id) => {
                    let arrived_ms = milliseconds(arrived.duration_since(start));
                    sent.taken.push(Taken { id, arrived_ms });
                    sent.latencies_ms.push(since(arrived));
                    sent.last_ms = since(start);
                }
                Err(kind) => *sent.refused.entry(kind).or_default() += 1,
            }
        });
        while requests.try_join_next().is_some() {}
    }
    while requests.join_next().await.is_some() {}
}

/// A request that isn't repeated; gives the id that it got, or what it met instead.
pub(crate) async fn tried_once(api: &Api, path: &str, body: &str, id: &str) -> Result<String, String> {
    let key = uuid::Uuid::now_v7().to_string();
    match api.post(path, &[("idempotency-key", &key)], body).await {
        Ok(Answer { status: 201 | 202, body, .. }) => {
            let id = body.get(id).and_then(Value::as_str).map(str::to_owned);
            id.ok_or_else(|| "an answer without an id".to_owned())
        }
        Ok(Answer { status, .. }) => Err(format!("status {status}")),
        Err(_) => Err("no answer".to_owned()),
    }
}

/// When the nth request is due, after the first; none if that is whenever there is room for it.
fn arrival(n: u32, rate: u32) -> Option<Duration> {
    (u64::from(n) * 1_000_000).checked_div(u64::from(rate)).map(Duration::from_micros)
}

/// What so many of a hundred sorted values are at most.
pub(crate) fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub(crate) fn since(start: Instant) -> u64 {
    milliseconds(start.elapsed())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A task that panicked while it held the lock has left nothing half done here.
pub(crate) fn locked(sent: &Mutex<Sent>) -> MutexGuard<'_, Sent> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_keep_the_rate_whatever_the_answers_do() {
        assert_eq!(
            [0, 1, 50].map(|n| arrival(n, 50)),
            [0, 20, 1000].map(|ms| Some(Duration::from_millis(ms)))
        );
        assert_eq!(arrival(999_999, 3), Some(Duration::from_secs(333_333)), "no error adds up");
        assert_eq!(arrival(1_000_000, 0), None, "as fast as they are answered");
    }

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values: Vec<u64> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|p| percentile(&values, p)), [100, 198, 200]);
        assert_eq!((percentile(&[7], 50), percentile(&[], 99)), (7, 0));
    }
}
