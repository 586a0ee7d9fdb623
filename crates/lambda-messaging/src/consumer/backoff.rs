//! The backoff of messages that are kept for a retry: exponential, with full jitter, so that messages that failed together are not
//! retried together.

use super::delivery::Delivery;

/// The longest wait after a first attempt. Each further failure makes it four times as long: the first retry soon follows a short
/// disturbance, and five attempts last through minutes of trouble.
const FIRST_SECONDS: u32 = 2;
const MAX_SECONDS: u32 = 15 * 60;
/// The longest wait after throttling. Each further throttling makes the wait twice as long. It stays shorter than after a failure,
/// because the quota is free again within a second, and a longer wait would leave it unused once the backlog is short.
const MAX_SECONDS_AFTER_THROTTLING: u32 = 4 * 60;
/// The longest wait of a message with a group. The whole group waits behind it.
const MAX_SECONDS_IN_A_GROUP: u32 = 60;
/// After this many receives a throttled message waits for longer. By then it has waited for six hours, or for nearly two in a group.
/// The 1,000 receives that its queue allows must last for the 14 days that the queue keeps it.
const OFTEN: u32 = 200;
const MAX_SECONDS_AFTER_OFTEN: u32 = 60 * 60;

/// The seconds to wait after this many failed attempts.
pub(super) fn after_attempts(attempts: u32) -> i32 {
    jitter(bound(4, attempts).min(MAX_SECONDS))
}

/// The seconds to wait after throttling. A message that has waited longer retries less often, so a backlog of any size makes calls
/// about as often as they succeed.
pub(super) fn after_throttling(delivery: &Delivery) -> i32 {
    let Delivery { receive_count, group, .. } = delivery;
    jitter(match group {
        _ if *receive_count > OFTEN => MAX_SECONDS_AFTER_OFTEN,
        Some(_) => bound(2, *receive_count).min(MAX_SECONDS_IN_A_GROUP),
        None => bound(2, *receive_count).min(MAX_SECONDS_AFTER_THROTTLING),
    })
}

fn bound(growth: u32, tries: u32) -> u32 {
    FIRST_SECONDS.saturating_mul(growth.saturating_pow(tries.saturating_sub(1)))
}

fn jitter(bound: u32) -> i32 {
    i32::try_from(fastrand::u32(1..=bound)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_in_bounds() {
        for (attempts, bound) in [(1, 2), (2, 8), (3, 32), (4, 128), (40, 900)] {
            let waits: Vec<i32> = (0..500).map(|_| after_attempts(attempts)).collect();
            assert!(waits.iter().all(|wait| (1..=bound).contains(wait)), "{attempts}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait > bound / 2), "{attempts}: jitter uses the whole range");
        }
    }
}
