//! Shared by the tests of the examples: the deployed stack, waiting, queues, and killing functions.

mod functions;
mod queues;

use std::{fmt::Debug, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use tokio::time::{Instant, sleep};

pub use functions::{functions, kill};
pub use queues::{DeadLetter, dead_letters, discard, is_empty, redrive, set_visibility_timeout};

/// Generous, because no test measures time.
const DEADLINE: Duration = Duration::from_mins(3);

/// The configuration of AWS clients: the emulator's, which `local.py` puts into the environment.
pub async fn aws() -> SdkConfig {
    let http = Builder::new().build_http();
    let config = aws_config::defaults(BehaviorVersion::latest()).endpoint_url(setting("AWS_ENDPOINT_URL"));
    config.http_client(http).load().await
}

/// An output of the stack. `QueueUrl` is called `QUEUE_URL` here.
///
/// # Panics
/// Outside of `local.py test`.
#[must_use]
pub fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `python3 ../local.py test`"))
}

/// Looks until it sees what is right, and returns that.
///
/// # Panics
/// With what was seen last, after the deadline.
pub async fn eventually<T: Debug>(what: &str, look: impl AsyncFn() -> T, right: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let seen = look().await;
        if right(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}; last seen: {seen:?}");
        sleep(Duration::from_millis(100)).await;
    }
}
