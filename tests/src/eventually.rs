use std::{fmt::Debug, time::Duration};

use tokio::time::{Instant, sleep};

/// Generous: these machines are noisy, and nothing here measures time.
const DEADLINE: Duration = Duration::from_mins(1);

/// Looks until what is seen is right, and gives it. If that never happens, tells what was seen last.
#[track_caller]
pub fn eventually<T: Debug, F: Future<Output = T>>(
    what: &str,
    look: impl FnMut() -> F,
    right: impl Fn(&T) -> bool,
) -> impl Future<Output = T> {
    eventually_within(DEADLINE, what, look, right)
}

/// The same with a deadline of its own, for what is much work.
#[track_caller]
pub fn eventually_within<T: Debug, F: Future<Output = T>>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
    right: impl Fn(&T) -> bool,
) -> impl Future<Output = T> {
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
