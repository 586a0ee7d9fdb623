//! Waiting for a condition, with a deadline.

use std::{fmt::Debug, time::Duration};

use tokio::time::{Instant, sleep};

use crate::emulator;

/// The default deadline. It is long, because these machines are noisy and no test measures time.
const DEADLINE: Duration = Duration::from_mins(1);

/// Probes until the value is right, and returns it. Panics with the last value once the deadline has passed.
#[track_caller]
pub fn eventually<T: Debug, F: Future<Output = T>>(
    what: &str,
    look: impl FnMut() -> F,
    right: impl Fn(&T) -> bool,
) -> impl Future<Output = T> {
    eventually_within(DEADLINE, what, look, right)
}

/// As [`eventually`], with another deadline, for long work. An emulator's profile may lengthen both.
#[track_caller]
pub fn eventually_within<T: Debug, F: Future<Output = T>>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
    right: impl Fn(&T) -> bool,
) -> impl Future<Output = T> {
    let patience = patience * emulator::patience();
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + patience;
        loop {
            let seen = look().await;
            if right(&seen) {
                return seen;
            }
            assert!(
                Instant::now() < deadline,
                "{caller}: {what}: not within {patience:?}; last seen: {seen:?}"
            );
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// This many seconds, or more if the emulator's profile says so.
#[must_use]
pub fn unhurried(seconds: u32) -> u32 {
    seconds * emulator::patience()
}
