//! Why a message couldn't be handled, and whether handling it again can help.

use std::fmt;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use lambda_runtime::Diagnostic;

/// A failure with a stable name. Its text never holds the message's content: it goes into logs and onto
/// dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The message is sound but something around it wasn't: a retry may help.
    Transient(Reason),
    /// The message itself can never be handled: a retry can't help.
    Permanent(Reason),
}

/// A failure's stable name, and what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The name that alarms, dead letters and state machines match on.
    pub error_type: String,
    /// What failed, for a person.
    pub detail: String,
}

/// AWS refuses these because of what was sent, so sending it again changes nothing.
const REFUSED_FOR_CONTENT: [&str; 4] = [
    "ValidationException",
    "MessageRejected",
    "BadRequestException",
    "ItemCollectionSizeLimitExceededException",
];

impl Failure {
    /// A failure that a retry may mend.
    pub fn transient(error_type: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Transient(Reason { error_type: error_type.into(), detail: detail.to_string() })
    }

    /// A failure that no retry can mend.
    pub fn permanent(error_type: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Permanent(Reason { error_type: error_type.into(), detail: detail.to_string() })
    }

    /// A failed call to AWS. Only its error code is kept: AWS's messages can quote an address or a value.
    pub fn aws<E: ProvideErrorMetadata>(call: &str, error: &SdkError<E, HttpResponse>) -> Self {
        let code = match error {
            SdkError::ServiceError(service) => service.err().code().unwrap_or("UnknownServiceError"),
            SdkError::TimeoutError(_) => "CallTimedOut",
            SdkError::DispatchFailure(_) => "CallNotSent",
            _ => "CallFailed",
        };
        if REFUSED_FOR_CONTENT.contains(&code) {
            Self::permanent(code, format_args!("{call} was refused"))
        } else {
            Self::transient(code, format_args!("{call} failed"))
        }
    }

    /// The failure's name and what happened.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Transient(reason) | Self::Permanent(reason) => reason,
        }
    }

    /// Whether handling the message again can help.
    #[must_use]
    pub fn may_be_retried(&self) -> bool {
        match self {
            Self::Transient(_) => true,
            Self::Permanent(_) => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reason { error_type, detail } = self.reason();
        write!(f, "{error_type}: {detail}")
    }
}

impl std::error::Error for Failure {}

/// What a function that fails as a whole tells Lambda, and a state machine that invoked it: the failure's stable name.
/// Left to itself the runtime would name the error's Rust type, which no `Catch` could rely on.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let Reason { error_type, detail } = failure.reason().clone();
        Self { error_type, error_message: detail }
    }
}
