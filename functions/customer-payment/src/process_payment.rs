//! Makes one step of a fare's payment and answers the saga.

use messaging::{
    Event, Failure,
    consumer::{Effect, Receiver},
};
use serde_json::json;

use crate::{
    Operation, PaymentRequested, Payments, Saga,
    payments::{Record, Status},
    provider::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, Voided},
    saga::Listener,
};

/// The receiver of payment requests.
#[derive(Debug)]
pub struct ProcessPayment<P> {
    payments: Payments,
    provider: P,
    saga: Saga,
}

/// Why a step wasn't made.
#[derive(Debug, PartialEq, Eq)]
enum NotMade {
    /// The saga should hear of it, under a name that its `Retry` and `Catch` know.
    Answer { error: &'static str, cause: String },
    /// Nobody need hear of it yet: the message itself is tried again, or dead-lettered.
    Fail(Failure),
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
        Self { payments, provider, saga }
    }

    /// Makes the step, unless an earlier delivery has. Every call to the provider carries a key that follows from the
    /// fare and the step, and the record follows the call: a crash in between repeats the call, and the provider gives
    /// its first answer again.
    async fn make(&self, payment: &Payment, operation: Operation) -> Result<(Record, Effect), NotMade> {
        let found = self.payments.find(payment).await?;
        let status = found.as_ref().map(|record| record.status);
        let id = found.as_ref().and_then(|record| record.id.clone());
        let made = match (operation, status, id) {
            (Operation::Authorize, None, _) => self.authorize(payment).await?,
            (Operation::Capture, Some(Status::Authorized), Some(id)) => self.capture(payment, id).await?,
            (Operation::Void | Operation::Refund, None, _) => self.give_up(payment).await?,
            (Operation::Void | Operation::Refund, Some(Status::Authorized), Some(id)) => {
                self.release(payment, id).await?
            }
            (Operation::Void | Operation::Refund, Some(Status::Captured), Some(id)) => {
                self.refund(payment, id).await?
            }
            (operation, status, _) => return repeated(operation, status, found),
        };
        self.payments.advance(payment, status, &made).await?;
        Ok((made, Effect::Made))
    }

    async fn authorize(&self, payment: &Payment) -> Result<Record, NotMade> {
        let id = self.provider.authorize(payment, &key(payment, Operation::Authorize)).await;
        let id = id.map_err(|error| refused(error, "PaymentAuthException"))?;
        Ok(Record { status: Status::Authorized, id: Some(id) })
    }

    async fn capture(&self, payment: &Payment, id: PaymentId) -> Result<Record, NotMade> {
        let captured = self.provider.capture(payment, &id, &key(payment, Operation::Capture)).await;
        captured.map_err(|error| refused(error, "PaymentChargeException"))?;
        Ok(Record { status: Status::Captured, id: Some(id) })
    }

    /// Nothing is on record, but the answer to an authorization may have been lost before it got there: the provider
    /// knows.
    async fn give_up(&self, payment: &Payment) -> Result<Record, NotMade> {
        match self.provider.find(payment).await.map_err(|error| refused(error, "PaymentVoidException"))? {
            Some(id) => self.release(payment, id).await,
            None => Ok(Record { status: Status::Voided, id: None }),
        }
    }

    /// Voids an authorization. If it has been captured after all, and only the answer was lost, it is refunded.
    async fn release(&self, payment: &Payment, id: PaymentId) -> Result<Record, NotMade> {
        let voided = self.provider.void(payment, &id, &key(payment, Operation::Void)).await;
        match voided.map_err(|error| refused(error, "PaymentVoidException"))? {
            Voided::Released => Ok(Record { status: Status::Voided, id: Some(id) }),
            Voided::Captured => self.refund(payment, id).await,
        }
    }

    async fn refund(&self, payment: &Payment, id: PaymentId) -> Result<Record, NotMade> {
        let refunded = self.provider.refund(payment, &id, &key(payment, Operation::Refund)).await;
        refunded.map_err(|error| refused(error, "PaymentRefundException"))?;
        Ok(Record { status: Status::Refunded, id: Some(id) })
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
        match self.make(&payment, operation).await {
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
                if !failure.may_be_retried() {
                    // The message goes to the dead-letter queue; the saga needn't wait for its timeout.
                    let reason = failure.reason();
                    self.saga.fail(&task_token, &reason.error_type, &reason.detail).await?;
                }
                Err(failure)
            }
        }
    }
}

/// A step that finds the payment at, or past, where it would lead.
fn repeated(
    operation: Operation,
    status: Option<Status>,
    found: Option<Record>,
) -> Result<(Record, Effect), NotMade> {
    let given_up = |error| {
        let cause = "the payment was given up before".to_owned();
        Err(NotMade::Answer { error, cause })
    };
    match (operation, status, found) {
        (Operation::Authorize, Some(Status::Voided | Status::Refunded), _) => {
            given_up("PaymentAuthException")
        }
        (Operation::Capture, Some(Status::Voided | Status::Refunded), _) => {
            given_up("PaymentChargeException")
        }
        (Operation::Capture, None, _) => Err(NotMade::Answer {
            error: "PaymentChargeException",
            cause: "there is no authorization to capture".to_owned(),
        }),
        (_, _, Some(record)) => Ok((record, Effect::Duplicate)),
        (_, _, None) => {
            Err(Failure::permanent("MalformedPayment", "the payment's record makes no sense").into())
        }
    }
}

/// What the saga hears of a provider's error.
fn refused(error: ProviderError, name: &'static str) -> NotMade {
    match error {
        ProviderError::Refused(cause) => NotMade::Answer { error: name, cause },
        // No refusal, so the saga tries again: it backs off without keeping the customer's other payments waiting, as a
        // message that stays in the queue would.
        ProviderError::Unavailable(cause) => NotMade::Answer { error: "PaymentProviderUnavailable", cause },
    }
}

fn key(payment: &Payment, operation: Operation) -> IdempotencyKey {
    IdempotencyKey(format!("{}-{operation}", payment.fare))
}

#[cfg(test)]
mod tests;
