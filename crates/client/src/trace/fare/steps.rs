//! The states that a collection went through, as the history of its execution has them.

use aws_sdk_sfn::types::HistoryEvent;
use serde::Serialize;

/// A state that the execution went through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FareStep {
    /// The state's name.
    pub state: String,
    /// True if it takes back what an earlier one did.
    pub compensation: bool,
    /// The outcome.
    pub outcome: StepOutcome,
    /// The number of tries; `None` for states that do nothing.
    pub attempts: usize,
    /// The errors, try by try.
    pub errors: Vec<StepError>,
    /// The time that it has taken so far, including waits between tries.
    pub duration_ms: i64,
}

/// The outcome of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// As planned.
    Done,
    /// Not as planned: the saga went on elsewhere, or ended.
    Failed,
    /// It isn't over.
    Running,
}

/// The error of a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepError {
    /// The error's name.
    pub error: String,
    /// The error's cause.
    pub cause: String,
}

/// The states that take something back.
pub(crate) const COMPENSATIONS: [&str; 3] = ["VoidAuthorization", "ReverseCredit", "RefundPayment"];

/// The states that a history tells of.
pub(super) fn steps(history: &[HistoryEvent], over: bool, now: i64) -> Vec<FareStep> {
    let mut steps: Vec<(i64, FareStep)> = Vec::new();
    for event in history {
        let at = milliseconds(event.timestamp());
        let kind = event.r#type().as_str();
        if let Some(entered) = event.state_entered_event_details() {
            let failed = kind == "FailStateEntered";
            let step = FareStep {
                state: entered.name().to_owned(),
                compensation: COMPENSATIONS.contains(&entered.name()),
                outcome: if failed { StepOutcome::Failed } else { StepOutcome::Running },
                attempts: 0,
                errors: Vec::new(),
                duration_ms: 0,
            };
            steps.push((at, step));
            continue;
        }
        let Some((entered, step)) = steps.last_mut() else {
            continue;
        };
        if event.state_exited_event_details().is_some() {
            step.duration_ms = at - *entered;
            // It was left on its own way, or through a catch.
            let caught = step.errors.len() >= step.attempts && !step.errors.is_empty();
            step.outcome = if caught { StepOutcome::Failed } else { StepOutcome::Done };
        } else if kind == "TaskScheduled" {
            step.attempts += 1;
        } else if let Some(error) = error(event) {
            step.errors.push(error);
        }
    }
    for (entered, step) in steps.iter_mut().filter(|(_, step)| step.outcome == StepOutcome::Running) {
        step.duration_ms = now - *entered;
        if over {
            step.outcome = StepOutcome::Failed;
        }
    }
    steps.into_iter().map(|(_, step)| step).collect()
}

/// The error of a try, in each form that a history has for it.
fn error(event: &HistoryEvent) -> Option<StepError> {
    let (error, cause) = if let Some(failed) = event.task_failed_event_details() {
        (failed.error(), failed.cause())
    } else if let Some(timed_out) = event.task_timed_out_event_details() {
        (timed_out.error(), timed_out.cause())
    } else if let Some(failed) = event.task_submit_failed_event_details() {
        (failed.error(), failed.cause())
    } else if let Some(failed) = event.task_start_failed_event_details() {
        (failed.error(), failed.cause())
    } else {
        return None;
    };
    let cause = cause.unwrap_or_default();
    // Lambda's failures come as JSON.
    let message = serde_json::from_str::<serde_json::Value>(cause)
        .ok()
        .and_then(|cause| Some(cause.get("errorMessage")?.as_str()?.to_owned()));
    Some(StepError {
        error: error.unwrap_or("States.Timeout").to_owned(),
        cause: message.unwrap_or_else(|| cause.to_owned()),
    })
}

pub(super) fn milliseconds(at: &aws_sdk_sfn::primitives::DateTime) -> i64 {
    at.to_millis().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sfn::{
        primitives::DateTime,
        types::{
            HistoryEventType, StateEnteredEventDetails, StateExitedEventDetails, TaskFailedEventDetails,
        },
    };

    use super::*;

    /// Events a second apart, as `+State`, `-State`, `?` for a try, `!Error` for its failure.
    fn history(events: &[&str]) -> Vec<HistoryEvent> {
        let event = |(n, text): (usize, &&str)| {
            let at = DateTime::from_secs(i64::try_from(n).unwrap());
            let event = HistoryEvent::builder().timestamp(at).id(1);
            let (kind, name) = text.split_at(1);
            let event = match kind {
                "+" => {
                    let details = StateEnteredEventDetails::builder().name(name).build().unwrap();
                    let kind = if name == "FareFailed" { "FailStateEntered" } else { "TaskStateEntered" };
                    event.r#type(HistoryEventType::from(kind)).state_entered_event_details(details)
                }
                "-" => {
                    let details = StateExitedEventDetails::builder().name(name).build().unwrap();
                    event.r#type(HistoryEventType::TaskStateExited).state_exited_event_details(details)
                }
                "!" => {
                    let details = TaskFailedEventDetails::builder().error(name).cause("c");
                    let details = details.resource("r").resource_type("t").build().unwrap();
                    event.r#type(HistoryEventType::TaskFailed).task_failed_event_details(details)
                }
                _ => event.r#type(HistoryEventType::TaskScheduled),
            };
            event.build().unwrap()
        };
        events.iter().enumerate().map(event).collect()
    }

    #[test]
    fn a_path_has_its_tries_its_errors_and_its_end() {
        let history = history(&[
            "+AuthorizePayment",
            "?",
            "!Busy",
            "?",
            "-AuthorizePayment",
            "+CapturePayment",
            "?",
            "!Refused",
            "-CapturePayment",
            "+VoidAuthorization",
            "?",
            "-VoidAuthorization",
            "+FareFailed",
        ]);
        let steps = steps(&history, true, 20_000);
        let seen: Vec<_> = steps
            .iter()
            .map(|s| (s.state.as_str(), s.outcome, s.attempts, s.errors.len(), s.compensation, s.duration_ms))
            .collect();
        assert_eq!(
            seen,
            [
                ("AuthorizePayment", StepOutcome::Done, 2, 1, false, 4000),
                ("CapturePayment", StepOutcome::Failed, 1, 1, false, 3000),
                ("VoidAuthorization", StepOutcome::Done, 1, 0, true, 2000),
                ("FareFailed", StepOutcome::Failed, 0, 0, false, 0),
            ]
        );
    }

    #[test]
    fn a_waiting_state_is_running_and_an_interrupted_one_has_failed() {
        let history = history(&["+AuthorizePayment", "?"]);
        let outcome = |over| steps(&history, over, 5000)[0].outcome;
        assert_eq!((outcome(false), outcome(true)), (StepOutcome::Running, StepOutcome::Failed));
        assert_eq!(steps(&history, false, 5000)[0].duration_ms, 5000);
    }
}
