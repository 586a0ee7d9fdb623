//! The start of the fare collection saga.

use aws_sdk_sfn::{Client, operation::start_execution::StartExecutionError};
use contracts::RideCompleted;
use lambda_messaging::{Event, Failure, TraceParent};
use serde_json::json;

/// The state machine that collects fares.
#[derive(Debug)]
pub struct FareCollection {
    client: Client,
    state_machine_arn: String,
}

impl FareCollection {
    /// The state machine with this ARN.
    #[must_use]
    pub fn new(client: Client, state_machine_arn: String) -> Self {
        Self { client, state_machine_arn }
    }

    /// Starts collecting a ride's fare. The execution is named after the ride, so it can't be started twice.
    pub(crate) async fn start(&self, event: &Event<RideCompleted>) -> Result<(), Failure> {
        let RideCompleted { ride, customer, fare, .. } = &event.data;
        let trace = event.traceparent.map_or_else(TraceParent::start, TraceParent::child);
        // Every field is always present: a state machine fails for good when it reads a missing one.
        let input = json!({"fareId": ride, "customer": customer, "amount": fare,
                           "correlationId": event.correlationid, "traceparent": trace});
        let start = self.client.start_execution().state_machine_arn(&self.state_machine_arn);
        let Err(error) = start.name(ride.to_string()).input(input.to_string()).send().await else {
            return Ok(());
        };
        match error.as_service_error() {
            // AWS gives this error when the input differs or the execution has ended. While an execution with the same input runs, AWS
            // answers as if it had just started.
            Some(StartExecutionError::ExecutionAlreadyExists(_)) => Ok(()),
            _ => Err(Failure::aws("states:StartExecution", &error)),
        }
    }
}
