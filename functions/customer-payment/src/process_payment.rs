//! Makes one step of a fare's payment and answers the saga.

mod not_made;

use std::time::Duration;

use jiff::Timestamp;
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver};
use serde_json::json;

use self::not_made::{
    AUTHORIZATION_UNCLEAR, NOT_AUTHORIZED, NOT_CAPTURED, NOT_REFUNDED, NOT_VOIDED, NotMade, UNAVAILABLE,
    not_made,
};
use crate::{
    Operation, PaymentRequested, Payments, Saga,
    payments::{Record, Request, Status, malformed, moved_on},
    provider::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, Voided},
    saga::Listener,
};

/// The time limit of a step. It is enough for three calls to a slow provider, and ends well before the function does, so that there
/// is time to answer the saga and to handle the customer's next message.
const DEADLINE: Duration = Duration::from_secs(20);

/// The receiver of payment requests.
#[derive(Debug)]
pub struct ProcessPayment<P> {
    payments: Payments,
    provider: P,
    saga: Saga,
    deadline: Duration,
}

impl<P: PaymentProvider> ProcessPayment<P> {
    /// Makes payments through this provider, records them in this table, and answers this saga.
    #[must_use]
    pub fn new(payments: Payments, provider: P, saga: Saga) -> Self {
        Self { payments, provider, saga, deadline: DEADLINE }
    }

    /// Makes a step, unless an earlier delivery has made it. Every call to the provider carries an idempotency key that follows from
    /// the fare and the step. The record is written after the call: a crash in between repeats the call with the same key, and the
    /// provider gives its first answer again.
    async fn make(&self, payment: &Payment, operation: Operation) -> Result<(Record, Effect), NotMade> {
        match operation {
            Operation::Authorize => self.authorize(payment).await,
            Operation::Capture => self.capture(payment).await,
            Operation::Void | Operation::Refund => self.take_back(payment).await,
        }
    }

    /// Reserves the amount. The request is recorded before the first call, and every later try repeats it as recorded.
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

    /// The payment's record, and true if it was written now because there was none.
    async fn requested(&self, payment: &Payment) -> Result<(Record, bool), NotMade> {
        let terms = match self.provider.terms(payment).await {
            Ok(terms) => terms,
            // An earlier try may have been made while the customer still had a payment method.
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

    /// Takes the reserved amount.
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

    /// Compensates the payment in any status: afterwards nothing is reserved, and nothing is taken.
    async fn take_back(&self, payment: &Payment) -> Result<(Record, Effect), NotMade> {
        let Some(found) = self.payments.find(payment).await? else {
            // Without a record the provider was never called. This record keeps a delayed authorization from calling it.
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

    /// Gives up an authorization whose outcome is unknown. The record already keeps out every other try. All earlier tries had the
    /// same key, so one more call with that key finds their outcome: the provider repeats its answer to them, or says that one is
    /// still under way, or, if none arrived, makes the authorization now, which is then voided. If the provider no longer has an
    /// answer for the key, the authorization is looked up.
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

    /// Looks up the payment that was authorized by a request.
    async fn look(&self, payment: &Payment, request: &Request) -> Result<Option<PaymentId>, NotMade> {
        let found = self.provider.find(payment, &request.terms).await;
        found.map_err(|error| not_made(error, UNAVAILABLE))
    }

    /// Voids an authorization. If it was captured, and only the answer to the capture was lost, the payment is refunded.
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

    /// Interprets a provider's answer. A key for which the provider has saved an error is recorded as spent, so the next try has
    /// another key. That try finds the effect if the first one had it all the same.
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
        // Message expiration: a step isn't made for a saga that no longer waits for it. A compensation is made all the same, because
        // it can only bring the payment closer to its right status.
        let listener = self.saga.heartbeat(&task_token).await?;
        if listener == Listener::Gone && !operation.is_compensation() {
            return Ok(Effect::Nothing("the saga no longer waits for this step"));
        }
        // A call that is cut off here is like a lost answer: the request is on record.
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
                Ok(Effect::Nothing("the step was not made, and the saga was told why"))
            }
            Err(NotMade::Fail(failure)) => {
                if !failure.is_retryable() {
                    // The message goes to the dead-letter queue, so the saga would wait in vain until its timeout.
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

/// The idempotency key of a step. Each spent key makes the next one different.
fn key(payment: &Payment, operation: Operation, spent: u32) -> IdempotencyKey {
    IdempotencyKey(match spent {
        0 => format!("{}-{operation}", payment.fare),
        spent => format!("{}-{operation}-{spent}", payment.fare),
    })
}

#[cfg(test)]
mod tests;
