//! The log lines about the result of handling a message.

use tracing::{info, warn};

use crate::{Effect, Failure, failure::Reason};

/// Logs that a message was handled.
pub(crate) fn log_effect(effect: Effect) {
    let (outcome, why) = match effect {
        Effect::Made => ("made", None),
        Effect::Duplicate => ("duplicate", None),
        Effect::Nothing(why) => ("nothing to do", Some(why)),
    };
    info!(outcome, why, "handled");
}

/// Logs that a message was not handled, and its disposition.
pub(crate) fn log_failure(outcome: &str, failure: &Failure) {
    let Reason { error_type, detail } = failure.reason();
    warn!(outcome, error_type, detail, "failed");
}
