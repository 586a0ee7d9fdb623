//! The responses to many requests of one kind.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::time::Instant;

use super::arrivals::{Arrival, due_after, locked, milliseconds, send_when_due, since};

/// The maximum number of concurrent requests.
const IN_FLIGHT: usize = 200;

/// The answers to the requests so far.
#[derive(Debug, Default)]
pub struct Responses {
    /// The accepted requests.
    pub accepted: Vec<Accepted>,
    /// The refused requests, counted by kind of answer.
    pub refused: BTreeMap<String, usize>,
    /// The latencies of the accepted requests.
    pub latencies_ms: Vec<u64>,
    /// The time of the last acceptance.
    pub last_ms: u64,
}

/// A request that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The id in its answer.
    pub id: String,
    /// The time when it was due.
    pub due_ms: u64,
}

/// Sends this many requests at a rate, and keeps their responses.
pub async fn send_at_rate<F>(
    count: u32,
    rate: u32,
    start: Instant,
    responses: Arc<Mutex<Responses>>,
    request: impl Fn(u64) -> F,
) where
    F: Future<Output = Result<String, String>> + Send + 'static,
{
    let due = (0..u64::from(count)).map(|n| due_after(n, rate));
    let request = |Arrival { n, due, .. }: Arrival| {
        let (responses, request) = (Arc::clone(&responses), request(n));
        async move {
            let outcome = request.await;
            let mut responses = locked(&responses);
            match outcome {
                Ok(id) => {
                    // The latency includes the wait for a free slot.
                    let due_ms = milliseconds(due.duration_since(start));
                    responses.accepted.push(Accepted { id, due_ms });
                    responses.latencies_ms.push(since(due));
                    responses.last_ms = since(start);
                }
                Err(kind) => *responses.refused.entry(kind).or_default() += 1,
            }
        }
    };
    send_when_due(due, start, IN_FLIGHT, request).await;
}

/// A percentile of sorted values.
pub fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values: Vec<u64> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|p| percentile(&values, p)), [100, 198, 200]);
        assert_eq!((percentile(&[7], 50), percentile(&[], 99)), (7, 0));
    }
}
