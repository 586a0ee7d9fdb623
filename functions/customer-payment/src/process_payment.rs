//! Makes one step of a fare's payment and answers the saga.

use std::time::Duration;

use jiff::Timestamp;
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver};
use serde_json::json;

use crate::{
    Operation, PaymentRequested, Payments, Saga,
    payments::{Record, Request, Status, malformed, moved_on},
    provider::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, Voided},
    saga::Listener,
};

/// The authorization was refused, and nothing is reserved.
const NOT_AUTHORIZED: &str = "PaymentAuthException";
/// Asking again can't tell what became of the authorization: it is to be voided.
const AUTHORIZATION_UNCLEAR: &str = "PaymentAuthUnclear";
const NOT_CAPTURED: &str = "PaymentChargeException";
const NOT_VOIDED: &str = "PaymentVoidException";
const NOT_REFUNDED: &str = "PaymentRefundException";
/// No answer, or none that says anything.
const UNAVAILABLE: &str = "PaymentProviderUnavailable";

/// How long a step may take: room for a slow provider to be asked three times, and well before the function ends, so that the
/// saga hears of it and the customer's next message isn't lost with this one.
const DEADLINE: Duration = Duration::from_secs(20);

/// The receiver of payment requests.
#[derive(Debug)]
pub struct ProcessPayment<P> {
    payments: Payments,
    provider: P,
    saga: Saga,
    deadline: Duration,
}

/// Why a step wasn't made.
#[derive(Debug, PartialEq, Eq)]
enum NotMade {
    /// The saga should hear of it, under a name that its `Retry` and `Catch` know.
    Answer { error: &'static str, cause: String },
    /// Nobody need hear of it yet: the message itself is tried again, or dead-lettered.
    Fail(Failure),
}

impl NotMade {
    fn answer(error: &'static str, cause: impl Into<String>) -> Self {
        Self::Answer { error, cause: cause.into() }
    }
}

impl From<Failure> for NotMade {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

impl<P: PaymentProvider> ProcessPayment<P> {
    /// Keeps record here, moves money through this provider, answers there.
    #[must_use]
    pub fn new(payments: Payments, provider: P, saga: Saga) -> Self {
        Self { payments, provider, saga, deadline: DEADLINE }
    }

    /// Makes the step, unless an earlier delivery has. Every call to the provider carries a key that follows from the
    /// fare and the step, and the record follows the call: a crash in between repeats the call, and the provider gives
    /// its first answer again.
    async fn make(&self, payment: &Payment, operation: Operation) -> Result<(Record, Effect), NotMade> {
        match operation {
            Operation::Authorize => self.authorize(payment).await,
            Operation::Capture => self.capture(payment).await,
            Operation::Void | Operation::Refund => self.take_back(payment).await,
        }
    }

    /// Reserves the amount. How the provider is asked is on record first, and every later try asks as the record says.
    async fn authorize(&self, payment: &Payment) -> Result<(Record, Effect), NotMade> {
        let (found, is_first) = self.requested(payment).await?;
        match found.status {
            Status::Requested => {}
            Status::Authorized | Status::Captured => return Ok((found, Effect::Duplicate)),
            Status::Refused | Status::Voided | Status::Refunded => {
                return Err(NotMade::answer(NOT_AUTHORIZED, "it was refused or given up before"));
            }
            Status::GivenUp => {
                return Err(NotMade::answer(AUTHORIZATION_UNCLEAR, "it is being given up"));
            }
        }
        let request = request_of(&found)?;
        if !request.is_remembered() {
            return Err(NotMade::answer(AUTHORIZATION_UNCLEAR, "the provider may have forgotten its key"));
        }
        let reserved = match self.provider.authorize(payment, &request.terms, &request.key).await {
            Ok(id) => id,
            Err(ProviderError::Refused(cause)) if is_first => {
                let refused = found.moved(Status::Refused, None);
                self.payments.advance(payment, &found, &refused).await?;
                return Err(NotMade::answer(NOT_AUTHORIZED, cause));
            }
            // The outcome of an earlier try is unknown, and this refusal may not be its answer.
            Err(ProviderError::Refused(cause)) => match self.look(payment, request).await? {
                Some(id) => id,
                None => return Err(NotMade::answer(AUTHORIZATION_UNCLEAR, cause)),
            },
            Err(ProviderError::Spent(cause)) => return Err(NotMade::answer(AUTHORIZATION_UNCLEAR, cause)),
            Err(error @ ProviderError::Unavailable(_)) => return Err(not_made(error, NOT_AUTHORIZED)),
        };
        let authorized = found.moved(Status::Authorized, Some(reserved));
        self.payments.advance(payment, &found, &authorized).await?;
        Ok((authorized, Effect::Made))
    }

    /// The payment's record, written now if there is none, and whether it was.
    async fn requested(&self, payment: &Payment) -> Result<(Record, bool), NotMade> {
        let terms = match self.provider.terms(payment).await {
            Ok(terms) => terms,
            // An earlier try may have been made while there still was something to pay with.
            Err(error) => match self.payments.find(payment).await? {
                Some(found) => return Ok((found, false)),
                None => return Err(not_made(error, NOT_AUTHORIZED)),
            },
        };
        let request = Request { terms, key: key(payment, Operation::Authorize, 0), at: Timestamp::now() };
        let requested = Record::new(Status::Requested, Some(request));
        Ok(match self.payments.open(payment, &requested).await? {
            None => (requested, true),
            Some(found) => (found, false),
        })
    }

    /// Takes what is reserved.
    async fn capture(&self, payment: &Payment) -> Result<(Record, Effect), NotMade> {
        let nothing = || NotMade::answer(NOT_CAPTURED, "there is no authorization to capture");
        let found = self.payments.find(payment).await?.ok_or_else(nothing)?;
        match found.status {
            Status::Authorized => {}
            Status::Captured => return Ok((found, Effect::Duplicate)),
            Status::Requested | Status::Refused | Status::GivenUp | Status::Voided | Status::Refunded => {
                return Err(nothing());
            }
        }
        let id = id_of(&found)?;
        let key = key(payment, Operation::Capture, found.spent_keys);
        let captured = self.provider.capture(payment, &id, &key).await;
        self.answered(payment, &found, captured, NOT_CAPTURED).await?;
        let captured = found.moved(Status::Captured, Some(id));
        self.payments.advance(payment, &found, &captured).await?;
        Ok((captured, Effect::Made))
    }

    /// Sees to it that nothing is reserved and nothing taken, wherever the payment stands.
    async fn take_back(&self, payment: &Payment) -> Result<(Record, Effect), NotMade> {
        let Some(found) = self.payments.find(payment).await? else {
            // Without a record the provider was never asked for anything, and with this one it won't be.
            let voided = Record::new(Status::Voided, None);
            return match self.payments.open(payment, &voided).await? {
                None => Ok((voided, Effect::Made)),
                Some(_) => Err(moved_on().into()),
            };
        };
        let found = match found.status {
            Status::Requested => {
                let given_up = found.moved(Status::GivenUp, None);
                self.payments.advance(payment, &found, &given_up).await?;
                given_up
            }
            _ => found,
        };
        let made = match found.status {
            Status::Refused | Status::Voided | Status::Refunded => return Ok((found, Effect::Duplicate)),
            Status::Requested | Status::GivenUp => self.give_up(payment, &found).await?,
            Status::Authorized => self.release(payment, &found, id_of(&found)?).await?,
            Status::Captured => self.refund(payment, &found, id_of(&found)?).await?,
        };
        self.payments.advance(payment, &found, &made).await?;
        Ok((made, Effect::Made))
    }

    /// Gives up an authorization of which nobody knows what became. Its record keeps out every other try. Whatever tries
    /// there were had one key, so asking once more by that key tells: the answer is theirs; or they are under way, which
    /// is no answer; or none of them got there, and then this one's is voided. Only if the provider has no answer to
    /// give for the key any more, its books are looked at.
    async fn give_up(&self, payment: &Payment, found: &Record) -> Result<Record, NotMade> {
        let request = request_of(found)?;
        let told = if request.is_remembered() {
            match self.provider.authorize(payment, &request.terms, &request.key).await {
                Ok(id) => Some(id),
                Err(ProviderError::Refused(_) | ProviderError::Spent(_)) => None,
                Err(error @ ProviderError::Unavailable(_)) => return Err(not_made(error, NOT_VOIDED)),
            }
        } else {
            None
        };
        let reserved = match told {
            Some(id) => Some(id),
            None => self.look(payment, request).await?,
        };
        match reserved {
            Some(id) => self.release(payment, found, id).await,
            None => Ok(found.moved(Status::Voided, None)),
        }
    }

    /// Looks the request up in the provider's books.
    async fn look(&self, payment: &Payment, request: &Request) -> Result<Option<PaymentId>, NotMade> {
        let found = self.provider.find(payment, &request.terms).await;
        found.map_err(|error| not_made(error, UNAVAILABLE))
    }

    /// Voids an authorization. If it has been captured after all, and only the answer was lost, it is refunded.
    async fn release(&self, payment: &Payment, found: &Record, id: PaymentId) -> Result<Record, NotMade> {
        let key = key(payment, Operation::Void, found.spent_keys);
        let voided = self.provider.void(payment, &id, &key).await;
        match self.answered(payment, found, voided, NOT_VOIDED).await? {
            Voided::Released => Ok(found.moved(Status::Voided, Some(id))),
            Voided::Captured => self.refund(payment, found, id).await,
        }
    }

    async fn refund(&self, payment: &Payment, found: &Record, id: PaymentId) -> Result<Record, NotMade> {
        let key = key(payment, Operation::Refund, found.spent_keys);
        let refunded = self.provider.refund(payment, &id, &key).await;
        self.answered(payment, found, refunded, NOT_REFUNDED).await?;
        Ok(found.moved(Status::Refunded, Some(id)))
    }

    /// Interprets a provider's answer. A key that it will answer with an error for ever is noted down as spent: the next
    /// try has another one, and finds it out if the first had its effect all the same.
    async fn answered<T>(
        &self,
        payment: &Payment,
        found: &Record,
        answer: Result<T, ProviderError>,
        refusal: &'static str,
    ) -> Result<T, NotMade> {
        if matches!(answer, Err(ProviderError::Spent(_))) {
            let spent = Record { spent_keys: found.spent_keys.saturating_add(1), ..found.clone() };
            self.payments.advance(payment, found, &spent).await?;
        }
        answer.map_err(|error| not_made(error, refusal))
    }
}

impl<P: PaymentProvider> Receiver for ProcessPayment<P> {
    type Payload = PaymentRequested;

    async fn receive(&self, event: Event<PaymentRequested>) -> Result<Effect, Failure> {
        let PaymentRequested { fare, customer, amount, operation, task_token } = event.data;
        let payment = Payment { fare, customer, amount };
        // Message expiration: money isn't moved for a saga that has given this step up. A compensation is made all the
        // same, it can only bring things closer to where they should be.
        let listener = self.saga.heartbeat(&task_token).await?;
        if listener == Listener::Gone && !operation.is_compensation() {
            return Ok(Effect::Nothing("nobody waits for this step any more"));
        }
        // A call that is cut off here is like a lost answer: the record says what was asked for.
        let made = tokio::time::timeout(self.deadline, self.make(&payment, operation)).await;
        match made.unwrap_or_else(|_| Err(NotMade::answer(UNAVAILABLE, "timed_out"))) {
            Ok((record, effect)) => {
                let output =
                    json!({ "status": record.status.to_string(), "paymentId": record.id.map(|id| id.0) });
                self.saga.succeed(&task_token, &output).await?;
                Ok(effect)
            }
            Err(NotMade::Answer { error, cause }) => {
                self.saga.fail(&task_token, error, &cause).await?;
                Ok(Effect::Nothing("the step was not made, and the saga told why"))
            }
            Err(NotMade::Fail(failure)) => {
                if !failure.is_retryable() {
                    // The message goes to the dead-letter queue; the saga needn't wait for its timeout.
                    let reason = failure.reason();
                    self.saga.fail(&task_token, &reason.error_type, &reason.detail).await?;
                }
                Err(failure)
            }
        }
    }
}

fn id_of(record: &Record) -> Result<PaymentId, Failure> {
    record.id.clone().ok_or_else(|| malformed("the payment's record has no id of the provider's"))
}

fn request_of(record: &Record) -> Result<&Request, Failure> {
    record.request.as_ref().ok_or_else(|| malformed("the payment's record doesn't say what was asked for"))
}

/// What the saga hears of a provider's error.
fn not_made(error: ProviderError, refusal: &'static str) -> NotMade {
    match error {
        ProviderError::Refused(cause) => NotMade::answer(refusal, cause),
        // No refusal, so the saga tries again: it backs off without keeping the customer's other payments waiting, as a
        // message that stays in the queue would.
        ProviderError::Spent(cause) | ProviderError::Unavailable(cause) => {
            NotMade::answer(UNAVAILABLE, cause)
        }
    }
}

/// The key of a step, after so many that are spent.
fn key(payment: &Payment, operation: Operation, spent: u32) -> IdempotencyKey {
    IdempotencyKey(match spent {
        0 => format!("{}-{operation}", payment.fare),
        spent => format!("{}-{operation}-{spent}", payment.fare),
    })
}

#[cfg(test)]
mod tests;
