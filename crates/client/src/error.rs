//! Errors, each with a remedy.

use std::{error::Error as StdError, fmt::Write};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

/// An error of a client, worded for the person at the terminal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No stack of this stage.
    #[error(
        "there is no deployment of stage '{0}' here\n  locally: make up && . .local/stack.env\n  on AWS: make deploy STAGE={0}, or name another with --stage"
    )]
    NoDeployment(String),
    /// The deployment lacks something that its contract promises.
    #[error("stack {stack} has no output {output}: is the deployment older than this rydes? deploy it again")]
    NoOutput {
        /// The stack.
        stack: String,
        /// The output.
        output: String,
    },
    /// The deployment lacks a parameter that its contract promises.
    #[error(
        "stack {stack} has no parameter {parameter}: is the deployment older than this rydes? deploy it again"
    )]
    NoParameter {
        /// The stack.
        stack: String,
        /// The parameter.
        parameter: String,
    },
    /// No credentials anywhere.
    #[error(
        "no AWS credentials were found\n  locally: make up && . .local/stack.env\n  on AWS: sign in as usual (aws login, aws sso login or aws configure); AWS_PROFILE names a profile"
    )]
    NoCredentials,
    /// Credentials that were found, and can't be used.
    #[error(
        "the AWS credentials can't be used: {0}\n  sign in again (aws login or aws sso login), or name another profile with AWS_PROFILE"
    )]
    Credentials(String),
    /// No region.
    #[error("no AWS region is set\n  locally: . .local/stack.env\n  on AWS: set AWS_REGION")]
    NoRegion,
    /// AWS couldn't be reached.
    #[error("{call} got no answer: {reason}\n  is the deployment up (make up)? is AWS_ENDPOINT_URL right?")]
    Unreachable {
        /// The call.
        call: String,
        /// The root cause.
        reason: String,
    },
    /// A collector of OpenTelemetry took not all spans.
    #[error(
        "the spans could not be sent to {collector}: {reason}\n  is a collector there that takes OTLP over HTTP? send them again: no span is added twice"
    )]
    Otlp {
        /// The collector.
        collector: String,
        /// The cause.
        reason: String,
    },
    /// AWS refused a call.
    #[error("{call} failed: {code}: {message}")]
    Aws {
        /// The call.
        call: String,
        /// AWS's name of the error.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// The API refused a request.
    #[error("the API refused ({status}){}", describe(.problem))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem document, or another body.
        problem: Value,
    },
    /// No such ride.
    #[error(
        "there is no ride, no prebooking and no request for quotes {0} in this deployment; rydes complete-ride, rydes prebook and rydes request-quotes print the ids of new ones"
    )]
    NoSuchRide(String),
    /// No collection of such a ride's fare.
    #[error(
        "there is no collection of the fare of ride {0} in this deployment; it begins a moment after the ride is completed"
    )]
    NoSuchFare(String),
    /// The input can't be used.
    #[error("{0}")]
    Usage(String),
    /// An answer that the contract doesn't allow.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

impl Error {
    /// A failed AWS call.
    pub fn aws<E>(call: &str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let call = call.to_owned();
        match error {
            SdkError::ServiceError(service) => Self::Aws {
                call,
                code: service.err().code().unwrap_or("unknown").to_owned(),
                message: service.err().message().unwrap_or_default().to_owned(),
            },
            other => causes(Some(other))
                .find_map(|cause| cause.downcast_ref::<CredentialsError>())
                .map_or_else(|| Self::Unreachable { call, reason: root_cause(other) }, Self::from),
        }
    }
}

impl From<&CredentialsError> for Error {
    fn from(error: &CredentialsError) -> Self {
        if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
            return Self::NoCredentials;
        }
        let mut said: Vec<String> = causes(error.source()).map(ToString::to_string).collect();
        // Many errors repeat what their cause says.
        said.dedup();
        Self::Credentials(if said.is_empty() { error.to_string() } else { said.join(": ") })
    }
}

/// An error and its causes.
fn causes<'a>(
    error: Option<&'a (dyn StdError + 'static)>,
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error, |error: &&'a (dyn StdError + 'static)| (*error).source())
}

/// The last cause, which is the most specific one.
pub fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn describe(problem: &Value) -> String {
    let mut text = String::new();
    let detail = problem.get("detail").or_else(|| problem.get("title")).or_else(|| problem.get("message"));
    if let Some(detail) = detail.and_then(Value::as_str) {
        let _ = write!(text, ": {detail}");
    }
    for error in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
        let field = |name| error.get(name).and_then(Value::as_str);
        let place = field("pointer").map(|p| p.trim_start_matches("#/")).or(field("header")).unwrap_or("?");
        let _ = write!(text, "\n  {place}: {}", field("detail").unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_lists_every_field() {
        let problem = json!({"detail": "some fields break a rule", "errors": [
            {"pointer": "#/fare", "detail": "must be a number"}, {"header": "Idempotency-Key", "detail": "too long"}]});
        let text = Error::Refused { status: 422, problem }.to_string();
        assert_eq!(
            text,
            "the API refused (422): some fields break a rule\n  fare: must be a number\n  Idempotency-Key: too long"
        );
    }
}
