//! The log lines about the result of handling a message.

use std::time::Duration;

use jiff::Timestamp;
use tracing::{field::display, info, warn};

use super::ids::EventType;
use crate::{Effect, Failure, failure::Reason};

/// The message that a line is about, as far as the line's span does not say it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Handled<'a> {
    /// The queue that delivered it.
    pub queue: Option<&'a str>,
    /// The type of its event.
    pub event_type: Option<&'a EventType>,
    /// The time when it was put into the queue.
    pub sent_at: Option<Timestamp>,
    /// The time that the attempt took. A message that was not attempted has none.
    pub took: Option<Duration>,
}

impl Handled<'_> {
    fn took_ms(self) -> Option<u64> {
        self.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Logs that a message was handled.
pub(crate) fn log_effect(message: Handled<'_>, effect: Effect) {
    let (outcome, why) = match effect {
        Effect::Made => ("made", None),
        Effect::Duplicate => ("duplicate", None),
        Effect::Nothing(why) => ("nothing to do", Some(why)),
    };
    let Handled { queue, event_type, sent_at, .. } = message;
    let (event_type, sent_at, took_ms) = (event_type.map(display), sent_at.map(display), message.took_ms());
    info!(outcome, why, queue, event_type, sent_at, took_ms, "handled");
}

/// Logs that a message was not handled, and its disposition.
pub(crate) fn log_failure(message: Handled<'_>, outcome: &str, failure: &Failure) {
    let Reason { error_type, detail } = failure.reason();
    let Handled { queue, event_type, sent_at, .. } = message;
    let (event_type, sent_at, took_ms) = (event_type.map(display), sent_at.map(display), message.took_ms());
    warn!(outcome, error_type, detail, queue, event_type, sent_at, took_ms, "failed");
}
