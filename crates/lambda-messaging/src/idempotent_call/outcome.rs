//! The outcomes of a call, as its caller sees them.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::SignedDuration;

use crate::{Effect, Failure, unknown_outcome};

/// The promise of an API about repeated calls.
///
/// ```
/// use jiff::SignedDuration;
/// use lambda_messaging::idempotent_call::Api;
///
/// let payments = Api::WithKeys { remembered: SignedDuration::from_hours(24) };
/// let mails = Api::WithoutKeys;
/// assert_ne!(payments, mails);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// The API takes an idempotency key with each call, and gives its first answer again to a call whose key it knows.
    WithKeys {
        /// The time for which the API promises to know a key.
        remembered: SignedDuration,
    },
    /// A repeated call has its effect again.
    WithoutKeys,
}

/// The outcome of an idempotent call.
///
/// ```
/// use lambda_messaging::{Effect, idempotent_call::Outcome};
///
/// assert_eq!(Outcome::Duplicate("mail-1").known(), Ok(("mail-1", Effect::Duplicate)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The call was made now.
    Made(T),
    /// An earlier delivery made the call. This is its stored outcome.
    Duplicate(T),
    /// The call may have been made, and will not be repeated.
    Unknown,
}

impl<T> Outcome<T> {
    /// The outcome and its effect, for a receiver that leaves unknown outcomes to people.
    ///
    /// ```
    /// # use lambda_messaging::{Effect, Failure, idempotent_call::Outcome};
    /// fn effect(sent: Outcome<String>) -> Result<Effect, Failure> {
    ///     let (_, effect) = sent.known()?;
    ///     Ok(effect)
    /// }
    /// assert!(!effect(Outcome::Unknown).unwrap_err().is_retryable());
    /// ```
    ///
    /// # Errors
    /// Permanent `OutcomeUnknown`, with which a consumer dead-letters the message.
    pub fn known(self) -> Result<(T, Effect), Failure> {
        match self {
            Self::Made(outcome) => Ok((outcome, Effect::Made)),
            Self::Duplicate(outcome) => Ok((outcome, Effect::Duplicate)),
            Self::Unknown => {
                Err(Failure::permanent(UNKNOWN, "the call may have been made: look it up, and resolve it"))
            }
        }
    }
}

const UNKNOWN: &str = "OutcomeUnknown";

/// A call without an outcome. An answer that is final, such as a declined card, is no error but an outcome: only an outcome is stored.
///
/// ```
/// use lambda_messaging::{Failure, idempotent_call::CallError};
///
/// /// Interprets a status other than 200.
/// fn error(status: u16) -> CallError {
///     let failure = Failure::transient(format!("Status{status}"), "the provider failed");
///     match status {
///         429 | 503 => CallError::NotMade(failure),
///         _ => CallError::Unknown(failure),
///     }
/// }
/// assert!(error(504).to_string().starts_with("perhaps made"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The call certainly had no effect, because the API refused it or was never reached. The failure says whether a retry helps.
    #[error("not made: {0}")]
    NotMade(Failure),
    /// The call may have had its effect, because its answer is late, lost, or makes no sense.
    #[error("perhaps made: {0}")]
    Unknown(Failure),
}

impl CallError {
    /// A failed call to AWS. The client must not retry, because the outcome of its first try would be forgotten: see
    /// [`Function::aws_without_retries`](crate::Function::aws_without_retries).
    ///
    /// ```no_run
    /// # use lambda_messaging::idempotent_call::CallError;
    /// # async fn example(sqs: aws_sdk_sqs::Client) -> Result<String, CallError> {
    /// let sent = sqs.send_message().queue_url("their-queue").message_body("Hello").send().await;
    /// let sent = sent.map_err(|error| CallError::aws("sqs:SendMessage", &error))?;
    /// Ok(sent.message_id.unwrap_or_default())
    /// # }
    /// ```
    pub fn aws<E: ProvideErrorMetadata + 'static>(call: &str, error: &SdkError<E, HttpResponse>) -> Self {
        let failure = Failure::aws(call, error);
        if unknown_outcome::may_have_happened(error) {
            Self::Unknown(failure)
        } else {
            Self::NotMade(failure)
        }
    }
}

/// The truth about a call whose outcome was unknown.
///
/// ```
/// use lambda_messaging::idempotent_call::Resolution;
///
/// let found = Resolution::Made("receipt-17");
/// let not_found: Resolution<&str> = Resolution::NotMade;
/// assert_ne!(found, not_found);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution<T> {
    /// The call was made, with this outcome. Duplicates get it.
    Made(T),
    /// The call was not made. The next delivery makes it.
    NotMade,
}

/// The outcome of a call, for its caller.
pub(super) fn of<T>(
    called: Result<T, CallError>,
    earlier_in_doubt: bool,
    api: Api,
) -> Result<Outcome<T>, Failure> {
    let can_be_repeated = |failure: &Failure| {
        let detail = format!("the call may have been made, and is repeated with its key: {failure}");
        Failure::transient(UNKNOWN, detail)
    };
    match (called, api) {
        (Ok(outcome), _) => Ok(Outcome::Made(outcome)),
        (Err(CallError::NotMade(failure)), _) if !earlier_in_doubt || failure.is_throttling() => Err(failure),
        (Err(CallError::NotMade(failure)), _) if failure.is_retryable() => Err(can_be_repeated(&failure)),
        (Err(CallError::Unknown(failure)), Api::WithKeys { .. }) => Err(can_be_repeated(&failure)),
        (Err(CallError::NotMade(_) | CallError::Unknown(_)), _) => Ok(Outcome::Unknown),
    }
}
