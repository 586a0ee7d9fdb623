//! Failures to handle a message: transient ones are retried, permanent ones are dead-lettered.

#[cfg(any(feature = "idempotency", feature = "sqs"))]
mod transaction;

use std::fmt;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use lambda_runtime::Diagnostic;
use message_envelope::EventError;

#[cfg(any(feature = "idempotency", feature = "sqs"))]
use self::transaction::cancelled_for;

/// A failure with a stable name, which says by its kind if a retry can help. Its text goes into logs and onto dead letters, so it never
/// contains the message's content.
///
/// ```
/// use lambda_messaging::{Failure, failure::Reason};
///
/// let busy = Failure::transient("WarehouseBusy", "it answered with 503");
/// assert!(busy.is_retryable());
///
/// let unknown = Failure::permanent("UnknownArticle", "the order names an article that isn't sold");
/// assert!(!unknown.is_retryable());
///
/// let refused = Failure::throttled("TooManyRequests", "the warehouse takes ten calls a second");
/// assert!(refused.is_retryable() && refused.is_throttling());
///
/// let Reason { error_type, detail } = unknown.reason();
/// assert_eq!(unknown.to_string(), format!("{error_type}: {detail}"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The message is valid, but a service failed: a retry may succeed.
    Transient(Reason),
    /// AWS throttled a call: a retry succeeds once there is capacity. The attempt doesn't count against the message.
    Throttled(Reason),
    /// The message itself is at fault: a retry can't succeed.
    Permanent(Reason),
}

/// A failure's stable name and its description.
///
/// ```
/// use lambda_messaging::{Failure, failure::Reason};
///
/// let reason = Reason { error_type: "OutOfStock".to_owned(), detail: "no article is left".to_owned() };
/// assert_eq!(Failure::Permanent(reason), Failure::permanent("OutOfStock", "no article is left"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The name that alarms, dead letters and state machines match on.
    pub error_type: String,
    /// The description, for people.
    pub detail: String,
}

/// The error codes with which AWS refuses the content of a call. A retry can't succeed.
const REFUSED_FOR_CONTENT: [&str; 11] = [
    "ValidationException",
    "MessageRejected",
    "BadRequestException",
    "ItemCollectionSizeLimitExceededException",
    // A part of a transaction.
    "ValidationError",
    "ItemCollectionSizeLimitExceeded",
    // A message, or a batch of them.
    "InvalidMessageContents",
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "BatchRequestTooLong",
];

/// The error codes with which AWS refuses a call because of a quota.
const THROTTLED: [&str; 17] = [
    "Throttling",
    "ThrottlingException",
    "Throttled",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "SlowDown",
    "ExecutionLimitExceeded",
    // SES's sending quota.
    "LimitExceededException",
    // The key of an encrypted queue or topic.
    "KMSThrottling",
    "KmsThrottled",
    // A part of a transaction.
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];
const TOO_MANY_REQUESTS: u16 = 429;

impl Failure {
    /// A failure that a retry may fix.
    pub fn transient(error_type: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Transient(Reason { error_type: error_type.into(), detail: detail.to_string() })
    }

    /// A refusal because of a quota.
    pub fn throttled(error_type: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Throttled(Reason { error_type: error_type.into(), detail: detail.to_string() })
    }

    /// A failure that no retry can fix.
    pub fn permanent(error_type: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self::Permanent(Reason { error_type: error_type.into(), detail: detail.to_string() })
    }

    /// A failed call to AWS. Only its error code is kept: AWS's messages can quote an address or a value. The code decides if a retry
    /// can help: a refusal of the content is permanent, a quota throttles, and everything else is transient, such as a missing
    /// permission, which an operator grants while the message waits. With the feature `idempotency` or `sqs`, a cancelled transaction of
    /// DynamoDB has the failure of its parts.
    ///
    /// ```no_run
    /// # async fn example(client: aws_sdk_dynamodb::Client) -> Result<(), lambda_messaging::Failure> {
    /// use lambda_messaging::Failure;
    ///
    /// let deleted = client.delete_item().table_name("orders").send().await;
    /// deleted.map_err(|error| Failure::aws("dynamodb:DeleteItem", &error))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn aws<E: ProvideErrorMetadata + 'static>(call: &str, error: &SdkError<E, HttpResponse>) -> Self {
        let code = match error {
            SdkError::ServiceError(service) => {
                cancelled_for(service.err()).or(service.err().code()).unwrap_or("UnknownServiceError")
            }
            SdkError::TimeoutError(_) => "CallTimedOut",
            SdkError::DispatchFailure(_) => "CallNotSent",
            _ => "CallFailed",
        };
        let status = error.raw_response().map(|response| response.status().as_u16());
        if status == Some(TOO_MANY_REQUESTS) {
            Self::throttled(code, format_args!("{call} was throttled"))
        } else {
            Self::aws_code(call, code)
        }
    }

    /// A call to AWS, or a part of one, that failed with this error code.
    pub(crate) fn aws_code(call: &str, code: &str) -> Self {
        if THROTTLED.contains(&code) {
            Self::throttled(code, format_args!("{call} was throttled"))
        } else if REFUSED_FOR_CONTENT.contains(&code) {
            Self::permanent(code, format_args!("{call} was refused"))
        } else {
            Self::transient(code, format_args!("{call} failed"))
        }
    }

    /// An entry that AWS left out of a batch, by its error code.
    ///
    /// ```
    /// use lambda_messaging::Failure;
    ///
    /// let is_senders_fault = true;
    /// let failure = Failure::batch_entry("InvalidParameterValue", is_senders_fault, "the queue didn't take it");
    /// assert!(!failure.is_retryable());
    /// ```
    #[must_use]
    pub fn batch_entry(code: &str, is_senders_fault: bool, detail: &str) -> Self {
        if THROTTLED.contains(&code) {
            Self::throttled(code, detail)
        } else if is_senders_fault {
            Self::permanent(code, detail)
        } else {
            Self::transient(code, detail)
        }
    }

    /// The failure's name and description.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Transient(reason) | Self::Throttled(reason) | Self::Permanent(reason) => reason,
        }
    }

    /// True if handling the message again can succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transient(_) | Self::Throttled(_) => true,
            Self::Permanent(_) => false,
        }
    }

    /// True if a quota was the only cause.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        matches!(self, Self::Throttled(_))
    }
}

/// Without a feature that writes to DynamoDB there are no transactions.
#[cfg(not(any(feature = "idempotency", feature = "sqs")))]
fn cancelled_for<E>(_: &E) -> Option<&str> {
    None
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reason { error_type, detail } = self.reason();
        write!(f, "{error_type}: {detail}")
    }
}

impl std::error::Error for Failure {}

/// A message that is not an event never becomes one.
impl From<EventError> for Failure {
    fn from(error: EventError) -> Self {
        Self::permanent(error.error_type(), error)
    }
}

/// The error of a function that fails as a whole: it carries the failure's stable name, which a state machine's `Catch` can match.
/// The runtime would use the name of the Rust type otherwise.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let Reason { error_type, detail } = failure.reason().clone();
        Self { error_type, error_message: detail }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    use super::*;

    pub(super) fn refused<E>(error: E, status: u16) -> SdkError<E, HttpResponse> {
        SdkError::service_error(error, HttpResponse::new(status.try_into().unwrap(), SdkBody::empty()))
    }

    fn of_code(code: &str, status: u16) -> Failure {
        let error = PutItemError::generic(ErrorMetadata::builder().code(code).build());
        Failure::aws("dynamodb:PutItem", &refused(error, status))
    }

    #[test]
    fn throttling_is_told_from_trouble_and_trouble_from_a_refusal() {
        for (code, status, throttled, retried) in [
            ("ThrottlingException", 400, true, true),
            ("ProvisionedThroughputExceededException", 400, true, true),
            ("AnyOther", 429, true, true),
            ("InternalServerError", 500, false, true),
            ("AccessDeniedException", 400, false, true),
            ("ValidationException", 400, false, false),
        ] {
            let failure = of_code(code, status);
            let told =
                (failure.reason().error_type.as_str(), failure.is_throttling(), failure.is_retryable());
            assert_eq!(told, (code, throttled, retried));
        }
    }

    #[test]
    fn a_throttled_entry_is_not_its_senders_fault() {
        assert!(Failure::batch_entry("ThrottledException", true, "not taken").is_throttling());
        assert!(!Failure::batch_entry("InvalidParameter", true, "not taken").is_retryable());
        assert!(Failure::batch_entry("InternalError", false, "not taken").is_retryable());
    }
}
