//! The trace of a fare: the path of its collection through the saga.

mod steps;

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

pub(crate) use self::steps::COMPENSATIONS;
pub use self::steps::{FareStep, StepError, StepOutcome};
use self::steps::{milliseconds, steps};
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

/// True for a state that takes back what an earlier one did.
#[must_use]
pub fn is_compensation(state: &str) -> bool {
    COMPENSATIONS.contains(&state)
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

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}
