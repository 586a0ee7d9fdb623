//! The trace of a fare: the path of its collection through the saga.

use std::time::Duration;

use aws_sdk_sfn::{
    Client,
    error::SdkError,
    operation::describe_execution::DescribeExecutionError,
    types::{ExecutionStatus, HistoryEvent},
};
use contracts::RideId;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::{
    deployment::Deployment,
    error::Error,
    tables::{Tables, amount, value},
};

/// The collection of a fare.
#[derive(Debug, Serialize)]
pub struct FareTrace {
    /// The fare, which has the id of its ride.
    pub fare: String,
    /// The amount to collect; none before the fare is registered.
    pub amount: Option<String>,
    /// The fare's status: `REGISTERED`, `COLLECTED`, `FAILED`, `NEEDS_REVIEW` or `RESOLVING`; `None` before it is registered.
    pub status: Option<String>,
    /// Step Functions' word for the execution's condition.
    pub execution: String,
    /// The time that the execution has taken so far.
    pub duration_ms: i64,
    /// The states that it went through, in their order.
    pub steps: Vec<FareStep>,
}

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

impl FareTrace {
    /// True if the execution has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.execution != ExecutionStatus::Running.as_str()
    }

    /// True if the execution has ended, and the fare with it.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.is_over() && matches!(self.status.as_deref(), Some("COLLECTED" | "FAILED"))
    }

    /// The state that it is in, or ended in.
    #[must_use]
    pub fn current(&self) -> &str {
        self.steps.last().map_or("the start", |step| &step.state)
    }
}

/// Waits until the collection has ended, or until the time is up, and tells what is known then.
pub async fn trace(
    deployment: &Deployment,
    ride: &str,
    patience: Duration,
    progress: impl FnMut(&FareTrace),
) -> Result<FareTrace, Error> {
    let ride = RideId::parse(ride).map_err(|rule| Error::Usage(format!("ride id: {rule}")))?;
    follow(deployment, ride, None, patience, progress).await
}

/// Follows an execution, or else the one that the fare says.
pub(crate) async fn follow(
    deployment: &Deployment,
    ride: RideId,
    execution: Option<&str>,
    patience: Duration,
    mut progress: impl FnMut(&FareTrace),
) -> Result<FareTrace, Error> {
    let client = Client::new(deployment.aws());
    let deadline = Instant::now() + patience;
    loop {
        let trace = look(deployment, &client, ride, execution).await?;
        progress(&trace);
        if trace.is_over() || Instant::now() >= deadline {
            return Ok(trace);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn look(
    deployment: &Deployment,
    client: &Client,
    ride: RideId,
    execution: Option<&str>,
) -> Result<FareTrace, Error> {
    let find = async || {
        let key = [("fareId", ride.to_string())];
        let key = key.each_ref().map(|(name, id)| (*name, id.as_str()));
        Tables::from_deployment(deployment).item("fare-collection", "FaresTableName", &key).await
    };
    let execution = match (execution, find().await?.map(|fare| value(&fare, "execution"))) {
        (Some(execution), _) => execution.to_owned(),
        // People may have let another one bring it to an end.
        (None, Some(execution)) if !execution.is_empty() => execution,
        // It isn't registered yet.
        (None, _) => execution_of(deployment, &ride.to_string())?,
    };
    let described = client.describe_execution().execution_arn(&execution).send().await;
    let described = described.map_err(|error| match &error {
        SdkError::ServiceError(service)
            if matches!(service.err(), DescribeExecutionError::ExecutionDoesNotExist(_)) =>
        {
            Error::NoSuchFare(ride.to_string())
        }
        _ => Error::aws("states:DescribeExecution", &error),
    })?;
    let history = history(client, &execution).await?;
    // The fare is read last: once its execution has ended, it no longer changes.
    let fare = find().await?;
    let ended = described.stop_date().map_or_else(now, milliseconds);
    Ok(FareTrace {
        fare: ride.to_string(),
        amount: fare.as_ref().map(|fare| amount(fare, "amount")).filter(|amount| !amount.is_empty()),
        status: fare.as_ref().map(|fare| value(fare, "status")),
        execution: described.status().as_str().to_owned(),
        duration_ms: ended - milliseconds(described.start_date()),
        steps: steps(&history, described.stop_date().is_some(), ended),
    })
}

/// The ARN of the execution of this name.
pub(crate) fn execution_of(deployment: &Deployment, name: &str) -> Result<String, Error> {
    let machine = deployment.output("fare-collection", "FareCollectionStateMachineArn")?;
    Ok(format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1)))
}

/// The whole history of an execution.
pub(crate) async fn history(client: &Client, execution: &str) -> Result<Vec<HistoryEvent>, Error> {
    let mut history = Vec::new();
    let mut pages = client.get_execution_history().execution_arn(execution).into_paginator().items().send();
    while let Some(event) = pages.next().await {
        history.push(event.map_err(|error| Error::aws("states:GetExecutionHistory", &error))?);
    }
    Ok(history)
}

/// The states that a history tells of.
fn steps(history: &[HistoryEvent], over: bool, now: i64) -> Vec<FareStep> {
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

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

fn milliseconds(at: &aws_sdk_sfn::primitives::DateTime) -> i64 {
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
