//! How long a message waits before it comes again: exponential, with full jitter, so that what failed together doesn't
//! come back together.

use super::delivery::Delivery;

/// The longest wait after a first attempt. After each further failure it is four times as long: a blip is over soon, and all
/// attempts still last through minutes of trouble.
const FIRST_SECONDS: u32 = 2;
const MAX_SECONDS: u32 = 15 * 60;
/// The wait after throttling is twice as long each time, and ends sooner: the quota is free again within a second. A longer one
/// would leave it unused once the backlog is short.
const MAX_SECONDS_AFTER_THROTTLING: u32 = 4 * 60;
/// A whole group waits behind its first message, so that one must come again sooner.
const MAX_SECONDS_IN_A_GROUP: u32 = 60;
/// After so many receives a message has waited for six hours, nearly two in a group, and can wait for longer: the 1,000 receives
/// that its queue allows must last for the 14 days that it may live.
const OFTEN: u32 = 200;
const MAX_SECONDS_AFTER_OFTEN: u32 = 60 * 60;

/// Seconds to wait after so many attempts that failed.
pub(super) fn after_attempts(attempts: u32) -> i32 {
    jitter(bound(4, attempts).min(MAX_SECONDS))
}

/// Seconds to wait after throttling. The longer a message has been waiting for its turn, the less often it asks: a
/// backlog then asks about as often as it is served, however large it is.
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
