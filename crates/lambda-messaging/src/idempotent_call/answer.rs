//! Records the answer of a call, after it was made.

use tokio::time::{Duration, sleep, timeout_at};
use tracing::warn;

use super::{
    Calls,
    call::Call,
    lease::Lease,
    machine::{self, Answer},
    record::Record,
    table::Written,
};

const BETWEEN_TRIES: Duration = Duration::from_millis(100);

impl Calls {
    /// Records an answer, until it is recorded or the lease ends. If another delivery has changed the record in the meantime, only an
    /// outcome still counts: it is a fact, and settles every doubt.
    pub(super) async fn record_answer(&self, call: &Call, claimed: &Record, answer: &Answer, lease: &Lease) {
        let mut found = claimed.clone();
        let recording = async {
            loop {
                let next = machine::answered(&found, answer, self.api, self.kept, (self.clock)());
                match self.table.write(&call.id, &next, Some(&found)).await {
                    Ok(Written::Changed(other)) if machine::still_counts(answer, claimed, &other) => {
                        found = other;
                    }
                    Ok(Written::Yes | Written::Changed(_)) => return,
                    Err(failure) => {
                        warn!(error = %failure, answer = answer.name(), "the call's answer is not recorded");
                        if !failure.is_retryable() {
                            return;
                        }
                        sleep(BETWEEN_TRIES).await;
                    }
                }
            }
        };
        if timeout_at(lease.ends, recording).await.is_err() {
            warn!(answer = answer.name(), "the call's lease is over, and its answer is not recorded");
        }
    }
}
