//! Fares that the saga has left to people. People decide how they end.

use std::time::Duration;

use aws_sdk_sfn::{
    Client,
    operation::{describe_execution::DescribeExecutionOutput, start_execution::StartExecutionError},
    types::{ExecutionStatus, HistoryEvent},
};
use contracts::RideId;
use serde_json::{Value, json};

use crate::{
    dead_letters::removal::delete,
    deployment::Deployment,
    error::Error,
    tables::{Item, Tables, value},
    trace::fare::{COMPENSATIONS, FareTrace, execution_of, follow, history},
};

/// A person's decision about a fare.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The end that the fare should have.
    pub resolution: Resolution,
    /// The reason, which is kept with the fare.
    pub note: String,
}

/// The end that a fare should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It is paid: the customer is told so.
    Collected,
    /// It is not to be paid: what was taken is given back, and the customer is told so.
    TakenBack,
}

impl Resolution {
    fn name(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::TakenBack => "taken-back",
        }
    }
}

/// The services' view of a fare's money, and the progress of its collection.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    /// The payment's status; `None` if the provider was never called.
    payment: Option<String>,
    /// True if it is paid by the ledger.
    credited: bool,
    /// True if the collection began to compensate.
    taken_back: bool,
}

impl Standing {
    fn is_paid(&self) -> bool {
        self.payment.as_deref() == Some("CAPTURED") && self.credited
    }

    /// Fails unless this resolution fits the state: a paid fare without a begun compensation is collected, and any other is taken back.
    fn admits(&self, resolution: Resolution) -> Result<(), &'static str> {
        match resolution {
            Resolution::Collected if !self.is_paid() => {
                Err("it is not paid: not captured, or not credited; it can be resolved as taken-back")
            }
            Resolution::Collected if self.taken_back => {
                Err("its collection has begun to take it back, and may still do so; resolve it as taken-back")
            }
            Resolution::TakenBack if self.is_paid() && !self.taken_back => {
                Err("it is paid, and only its status says otherwise; resolve it as collected")
            }
            Resolution::Collected | Resolution::TakenBack => Ok(()),
        }
    }
}

/// Ends a fare by the saga's own steps, as a person has decided, and removes it from the review queue.
pub async fn resolve(
    deployment: &Deployment,
    ride: &str,
    decision: &Decision,
    patience: Duration,
    progress: impl FnMut(&FareTrace),
) -> Result<FareTrace, Error> {
    let ride = RideId::parse(ride).map_err(|rule| Error::Usage(format!("ride id: {rule}")))?;
    let id = ride.to_string();
    let client = Client::new(deployment.aws());
    let tables = Tables::from_deployment(deployment);
    let fare = tables.item("fare-collection", "FaresTableName", &[("fareId", &id)]).await?;
    let fare = fare.ok_or_else(|| Error::NoSuchFare(id.clone()))?;
    let parked = value(&fare, "execution");
    let described = client.describe_execution().execution_arn(&parked).send().await;
    let described = described.map_err(|error| Error::aws("states:DescribeExecution", &error))?;
    if !is_left_to_people(&fare, &described) {
        let (status, execution) = (value(&fare, "status"), described.status());
        return Err(Error::Usage(format!(
            "fare {id} is not left to people: it is {status}, its execution {execution}"
        )));
    }
    let history = history(&client, &parked).await?;
    let state = left_with(&history, &described)?;
    let standing = Standing {
        payment: payment(&tables, &id).await?,
        credited: is_credited(&tables, &id).await?,
        taken_back: state.get("compensationFailure").is_some() || compensates(&history),
    };
    let resolution = decision.resolution;
    standing.admits(resolution).map_err(|why| {
        Error::Usage(format!("fare {id} can't be resolved as {}: {why}", resolution.name()))
    })?;
    let resolving = start(deployment, &client, &id, &input(state, decision, &parked)).await?;
    let trace = follow(deployment, ride, Some(&resolving), patience, progress).await?;
    if trace.is_settled() {
        let queue = deployment.output("fare-collection", "FareReviewQueueUrl")?;
        let sqs = aws_sdk_sqs::Client::new(deployment.aws());
        delete(&sqs, queue, |message| is_about(&message.body, &parked, &id)).await?;
    }
    Ok(trace)
}

/// True if the fare's execution has ended without an end of the fare.
fn is_left_to_people(fare: &Item, execution: &DescribeExecutionOutput) -> bool {
    match execution.status() {
        ExecutionStatus::Running => false,
        ExecutionStatus::Aborted | ExecutionStatus::TimedOut => true,
        _ => value(fare, "status") == "NEEDS_REVIEW" || execution.error() == Some("FareNeedsReview"),
    }
}

/// The state that an execution was in when it was left to people.
fn left_with(history: &[HistoryEvent], execution: &DescribeExecutionOutput) -> Result<Value, Error> {
    let entered = history.iter().rev().filter_map(|event| event.state_entered_event_details());
    let parked = entered.clone().find(|state| state.name() == "ParkForReview");
    let last = || entered.clone().find_map(|state| state.input());
    let input = parked.and_then(|state| state.input()).or_else(last).or(execution.input());
    let state = input.and_then(|input| serde_json::from_str::<Value>(input).ok()).filter(Value::is_object);
    state.ok_or_else(|| Error::Unexpected("the execution has no input".to_owned()))
}

fn compensates(history: &[HistoryEvent]) -> bool {
    let mut entered = history.iter().filter_map(|event| event.state_entered_event_details());
    entered.any(|state| COMPENSATIONS.contains(&state.name()))
}

async fn payment(tables: &Tables<'_>, id: &str) -> Result<Option<String>, Error> {
    let payment = tables.item("customer-payment", "PaymentsTableName", &[("fareId", id)]).await?;
    Ok(payment.map(|payment| value(&payment, "status")))
}

async fn is_credited(tables: &Tables<'_>, id: &str) -> Result<bool, Error> {
    let entry = async |entry| {
        let key = [("fareId", id), ("entry", entry)];
        Ok::<_, Error>(tables.item("customer-accounting", "LedgerTableName", &key).await?.is_some())
    };
    Ok(entry("CREDITED").await? && !entry("REVERSED").await?)
}

/// The input that the saga continues from: its last state, and the decision.
fn input(mut state: Value, decision: &Decision, parked: &str) -> Value {
    if state.get("failure").is_none() {
        state["failure"] = json!({"Error": "FareNeedsReview", "Cause": "it was left to people"});
    }
    state["resolution"] = json!({"as": decision.resolution.name(), "note": decision.note, "parked": parked});
    state
}

/// Starts an execution under a name that follows from the fare; returns the execution. If several are started for the same fare, only one
/// takes it over.
async fn start(deployment: &Deployment, client: &Client, id: &str, input: &Value) -> Result<String, Error> {
    let machine = deployment.output("fare-collection", "FareCollectionStateMachineArn")?;
    let mut n = 0_u32;
    loop {
        n += 1;
        let name = format!("{id}-resolve-{n}");
        let start = client.start_execution().state_machine_arn(machine).name(&name).input(input.to_string());
        let error = match start.send().await {
            Ok(started) => return Ok(started.execution_arn),
            Err(error) => error,
        };
        if !matches!(error.as_service_error(), Some(StartExecutionError::ExecutionAlreadyExists(_))) {
            return Err(Error::aws("states:StartExecution", &error));
        }
        let before = client.describe_execution().execution_arn(execution_of(deployment, &name)?).send().await;
        let before = before.map_err(|error| Error::aws("states:DescribeExecution", &error))?;
        if before.status() == &ExecutionStatus::Running {
            return Err(Error::Usage(format!("fare {id} is being resolved by the execution {name}")));
        }
    }
}

/// True if a message of the review queue is about this execution, or about the fare's failed refund. A message about a dispute of the fare
/// stays.
fn is_about(body: &str, execution: &str, fare: &str) -> bool {
    let Ok(message) = serde_json::from_str::<Value>(body) else { return false };
    let state = &message["state"];
    message["execution"] == execution
        || (state["fareId"] == fare && state["reported"]["kind"] == "refund-failed")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use aws_sdk_sfn::primitives::DateTime;

    use super::*;

    #[test]
    fn a_fare_ends_as_its_money_stands() {
        let standing = |payment: Option<&str>, credited, taken_back| Standing {
            payment: payment.map(str::to_owned),
            credited,
            taken_back,
        };
        for (standing, end) in [
            (standing(Some("CAPTURED"), true, false), Resolution::Collected),
            (standing(Some("CAPTURED"), true, true), Resolution::TakenBack),
            (standing(Some("CAPTURED"), false, true), Resolution::TakenBack),
            (standing(Some("CAPTURED"), false, false), Resolution::TakenBack),
            (standing(Some("AUTHORIZED"), false, true), Resolution::TakenBack),
            (standing(Some("REFUNDED"), true, true), Resolution::TakenBack),
            (standing(None, false, false), Resolution::TakenBack),
        ] {
            for resolution in [Resolution::Collected, Resolution::TakenBack] {
                assert_eq!(
                    standing.admits(resolution).is_ok(),
                    resolution == end,
                    "{resolution:?} of {standing:?}"
                );
            }
        }
    }

    #[test]
    fn a_fare_is_left_to_people_only_when_its_execution_has_ended_without_its_end() {
        let is_left = |fare: &str, execution: ExecutionStatus, error: Option<&str>| {
            let fare = Item::from([("status".to_owned(), AttributeValue::S(fare.to_owned()))]);
            let execution = DescribeExecutionOutput::builder()
                .execution_arn("execution")
                .state_machine_arn("saga")
                .start_date(DateTime::from_secs(0))
                .status(execution)
                .set_error(error.map(str::to_owned));
            is_left_to_people(&fare, &execution.build().unwrap())
        };
        let review = Some("FareNeedsReview");
        for (fare, execution, error, expected) in [
            ("NEEDS_REVIEW", ExecutionStatus::Running, review, false),
            ("COLLECTING", ExecutionStatus::Running, None, false),
            ("COLLECTING", ExecutionStatus::Aborted, None, true),
            ("COLLECTING", ExecutionStatus::TimedOut, None, true),
            ("NEEDS_REVIEW", ExecutionStatus::Failed, None, true),
            ("COLLECTING", ExecutionStatus::Failed, review, true),
            ("COLLECTING", ExecutionStatus::Failed, Some("Other"), false),
            ("COLLECTED", ExecutionStatus::Succeeded, None, false),
        ] {
            assert_eq!(is_left(fare, execution.clone(), error), expected, "{fare}, {execution}, {error:?}");
        }
    }

    #[test]
    fn an_end_clears_what_led_to_it_and_no_dispute() {
        let message = |execution: &str, fare: &str, kind: &str| {
            json!({"execution": execution, "state": {"fareId": fare, "reported": {"kind": kind}}}).to_string()
        };
        for (body, is_about_it) in [
            (message("arn", "1", ""), true),
            (message("other", "1", "refund-failed"), true),
            (message("other", "1", "disputed"), false),
            (message("other", "2", "refund-failed"), false),
            (json!({"execution": "other", "state": {"fareId": "1"}}).to_string(), false),
            ("{ poison".to_owned(), false),
        ] {
            assert_eq!(is_about(&body, "arn", "1"), is_about_it, "{body}");
        }
    }

    #[test]
    fn the_saga_goes_on_with_all_that_it_was_left_with() {
        let decision = Decision { resolution: Resolution::TakenBack, note: "asked the bank".into() };
        let left = json!({"fareId": "1", "failure": {"Error": "PaymentChargeException", "Cause": "c"}});
        let input = input(left, &decision, "arn");
        assert_eq!(input["failure"]["Error"], "PaymentChargeException");
        assert_eq!(
            input["resolution"],
            json!({"as": "taken-back", "note": "asked the bank", "parked": "arn"})
        );
        let aborted = super::input(json!({"fareId": "1"}), &decision, "arn");
        assert_eq!(aborted["failure"]["Error"], "FareNeedsReview");
    }
}
