//! Review by people of the cases that no program can decide. The fare collection saga notifies them, because it knows the fare's status.

use aws_sdk_sfn::{Client, operation::start_execution::StartExecutionError};
use lambda_messaging::{Failure, TraceParent};
use serde_json::{Value, json};

use crate::provider::{Payment, Report, ReportKind};

/// The state machine that collects fares.
#[derive(Debug)]
pub struct Review {
    client: Client,
    state_machine_arn: String,
}

impl Review {
    /// Notifies people through the state machine with this ARN.
    #[must_use]
    pub fn new(client: Client, state_machine_arn: String) -> Self {
        Self { client, state_machine_arn }
    }

    /// Notifies people of a report. The execution is named after the fare and the report, so they are notified once.
    pub(crate) async fn tell(&self, report: &Report, payment: &Payment) -> Result<(), Failure> {
        let start = self.client.start_execution().state_machine_arn(&self.state_machine_arn);
        let start = start.name(format!("{}-{}", report.fare, report.id));
        let Err(error) = start.input(input(report, payment).to_string()).send().await else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(StartExecutionError::ExecutionAlreadyExists(_)) => Ok(()),
            _ => Err(Failure::aws("states:StartExecution", &error)),
        }
    }
}

/// The input of the execution. A failed refund is handled like a failed compensation.
fn input(report: &Report, payment: &Payment) -> Value {
    let Payment { fare, customer, amount } = payment;
    let (kind, id, reason) = (report.kind.to_string(), report.id.to_string(), report.reason.to_string());
    let mut input = json!({"fareId": fare, "customer": customer, "amount": amount,
                           "correlationId": fare, "traceparent": TraceParent::start(),
                           "reported": {"kind": kind, "id": id, "reason": reason}});
    if report.kind == ReportKind::RefundFailed {
        let failure = json!({"Error": "RefundFailed", "Cause": reason});
        input["failure"] = failure.clone();
        input["compensationFailure"] = failure;
    }
    input
}
