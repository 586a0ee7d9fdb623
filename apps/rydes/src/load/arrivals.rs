//! Requests that arrive on their own, as those of many customers do: at a rate, and not one after the other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use client::{Answer, Api, Error};
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

/// Requests that are under way at the same time, at the most.
const IN_FLIGHT: usize = 200;

/// The answers to the requests so far.
#[derive(Debug, Default)]
pub struct Sent {
    /// The accepted requests.
    pub taken: Vec<Taken>,
    /// The others, counted by kind of answer.
    pub refused: BTreeMap<String, usize>,
    pub latencies_ms: Vec<u64>,
    pub last_ms: u64,
}

/// A request that was accepted.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The id that it got.
    pub id: String,
    /// When it arrived, whether or not there was room for it.
    pub arrived_ms: u64,
}

/// A request's turn.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// Which one it is.
    pub n: u64,
    /// When it was due.
    pub due: Instant,
    /// When a connection slot became free for it: later than it was due if too many others were under way.
    pub room_since: Instant,
    /// True if it had to wait for that room.
    pub waited: bool,
}

/// Lets requests arrive when they are due, each on its own and whatever becomes of the others, with so many under way at
/// the most. What is due at no time of its own is due when there is room. Dropped, it takes those under way with it.
pub async fn let_arrive<F>(
    due: impl Iterator<Item = Option<Duration>>,
    start: Instant,
    places: usize,
    request: impl Fn(Arrival) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let free = Arc::new(Semaphore::new(places));
    let mut requests = JoinSet::new();
    let mut room_since = start;
    for (n, due) in (0..).zip(due) {
        let due = due.map(|due| start + due);
        tokio::time::sleep_until(due.unwrap_or(start)).await;
        let at_once = Arc::clone(&free).try_acquire_owned();
        let waited = at_once.is_err();
        let Ok(place) = (match at_once {
            Ok(place) => Ok(place),
            Err(_) => Arc::clone(&free).acquire_owned().await,
        }) else {
            return;
        };
        if waited {
            room_since = Instant::now();
        }
        let due = due.unwrap_or_else(Instant::now);
        let request = request(Arrival { n, due, room_since, waited });
        requests.spawn(async move {
            request.await;
            drop(place);
        });
        while requests.try_join_next().is_some() {}
    }
    while requests.join_next().await.is_some() {}
}

/// Lets so many requests arrive at a rate, and keeps what came of each; each is tried once, as what is refused is to be
/// seen.
pub async fn arrive<F>(
    count: u32,
    rate: u32,
    start: Instant,
    sent: Arc<Mutex<Sent>>,
    request: impl Fn(u64) -> F,
) where
    F: Future<Output = Result<String, String>> + Send + 'static,
{
    let due = (0..u64::from(count)).map(|n| arrival(n, rate));
    let request = |Arrival { n, due, .. }: Arrival| {
        let (sent, request) = (Arc::clone(&sent), request(n));
        async move {
            let outcome = request.await;
            let mut sent = locked(&sent);
            match outcome {
                Ok(id) => {
                    // The wait for a free slot counts, too.
                    let arrived_ms = milliseconds(due.duration_since(start));
                    sent.taken.push(Taken { id, arrived_ms });
                    sent.latencies_ms.push(since(due));
                    sent.last_ms = since(start);
                }
                Err(kind) => *sent.refused.entry(kind).or_default() += 1,
            }
        }
    };
    let_arrive(due, start, IN_FLIGHT, request).await;
}

/// A request that isn't repeated; gives the id that it got, or what it met instead.
pub async fn tried_once(api: &Api, path: &str, body: &str, id: &str) -> Result<String, String> {
    tried_once_with(api, path, &new_key(), body, id).await
}

pub fn new_key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The same with a key that its caller knows.
pub async fn tried_once_with(
    api: &Api,
    path: &str,
    key: &str,
    body: &str,
    id: &str,
) -> Result<String, String> {
    match api.post(path, &[("idempotency-key", key)], body).await {
        Ok(Answer { status: 201 | 202, body, .. }) => {
            let id = body.get(id).and_then(Value::as_str).map(str::to_owned);
            id.ok_or_else(|| "an answer without an id".to_owned())
        }
        Ok(Answer { status, .. }) => Err(format!("status {status}")),
        Err(Error::NoCredentials | Error::Credentials(_)) => Err("no credentials".to_owned()),
        Err(_) => Err("no answer".to_owned()),
    }
}

/// When the nth request is due, after the first; none if that is whenever there is room for it.
pub fn arrival(n: u64, rate: u32) -> Option<Duration> {
    let micros = (u128::from(n) * 1_000_000).checked_div(u128::from(rate))?;
    Some(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)))
}

/// A percentile of sorted values.
pub fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub fn since(start: Instant) -> u64 {
    milliseconds(start.elapsed())
}

pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A task that panicked while it held the lock has left nothing half done here.
pub fn locked<T>(sent: &Mutex<T>) -> MutexGuard<'_, T> {
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
