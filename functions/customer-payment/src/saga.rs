//! The saga that waits for an answer. A task token is return address and correlation identifier in one: its holder can answer one step
//! of one execution, and nothing else.

use aws_sdk_sfn::{Client, error::ProvideErrorMetadata, error::SdkError};
use lambda_messaging::Failure;

/// Step Functions, from a participant's side.
#[derive(Debug)]
pub struct Saga {
    client: Client,
}

/// The saga's step, which may or may not wait for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    /// The step waits.
    Waits,
    /// The step was answered before or has timed out, or its execution has ended.
    Gone,
}

/// The error codes of Step Functions for a step that no longer waits. They are no failure.
const GONE: [&str; 3] = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];

/// The maximum length of an answer's cause.
const MAX_CAUSE: usize = 256;

impl Saga {
    /// Answers through this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Sends a heartbeat for the step; returns `Gone` if the step no longer waits.
    pub(crate) async fn heartbeat(&self, token: &str) -> Result<Listener, Failure> {
        let sent = self.client.send_task_heartbeat().task_token(token).send().await;
        listener("states:SendTaskHeartbeat", sent)
    }

    /// Answers that the step was done.
    pub(crate) async fn succeed(&self, token: &str, output: &serde_json::Value) -> Result<Listener, Failure> {
        let sent = self.client.send_task_success().task_token(token).output(output.to_string()).send().await;
        listener("states:SendTaskSuccess", sent)
    }

    /// Answers that the step failed. `Retry` and `Catch` match on the error's name.
    pub(crate) async fn fail(&self, token: &str, error: &str, cause: &str) -> Result<Listener, Failure> {
        let cause: String = cause.chars().take(MAX_CAUSE).collect();
        let sent = self.client.send_task_failure().task_token(token).error(error).cause(cause).send().await;
        listener("states:SendTaskFailure", sent)
    }
}

fn listener<T, E: ProvideErrorMetadata + 'static>(
    call: &str,
    sent: Result<T, SdkError<E, aws_sdk_sfn::config::http::HttpResponse>>,
) -> Result<Listener, Failure> {
    match sent {
        Ok(_) => Ok(Listener::Waits),
        Err(SdkError::ServiceError(error)) if error.err().code().is_some_and(|code| GONE.contains(&code)) => {
            Ok(Listener::Gone)
        }
        Err(error) => Err(Failure::aws(call, &error)),
    }
}
