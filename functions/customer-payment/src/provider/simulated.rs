//! A payment provider for demonstrations and tests. Like a real one it keeps its own durable record, recognizes a repeated call by its
//! idempotency key, and checks each payment's state. So its record shows which amounts were really charged.
//!
//! The suffixes of a customer's id choose its faults: see `faults`.

mod faults;
mod moves;
mod reports;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_messaging::{
    Failure,
    item::{Item, text},
};

pub use self::reports::SimulatedReports;
use self::{
    faults::has,
    moves::{Move, Moved},
};
use super::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, ReportKind, Terms, Voided};

/// The simulated provider and its record: for each fare the payment's state, and an entry for each call that changed it.
#[derive(Debug)]
pub struct Simulated {
    client: Client,
    table: String,
}

impl Simulated {
    /// A provider that keeps its record in the table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    async fn state(&self, payment: &Payment) -> Result<Option<String>, ProviderError> {
        state_of(&self.client, &self.table, payment).await
    }
}

/// The payment's state, if it has one.
async fn state_of(client: &Client, table: &str, payment: &Payment) -> Result<Option<String>, ProviderError> {
    let get = client.get_item().table_name(table).consistent_read(true);
    let get = get.key("fareId", text(payment.fare)).key("entry", text("STATE"));
    let got = get.send().await.map_err(|e| unavailable(&Failure::aws("dynamodb:GetItem", &e)))?;
    let state = |mut item: Item| match item.remove("state") {
        Some(AttributeValue::S(state)) => Some(state),
        _ => None,
    };
    Ok(got.item.and_then(state))
}

impl PaymentProvider for Simulated {
    async fn terms(&self, payment: &Payment) -> Result<Terms, ProviderError> {
        Ok(Terms {
            customer: payment.customer.to_string(),
            payment_method: "simulated".to_owned(),
            // ISO 4217's code for no currency.
            currency: "xxx".to_owned(),
        })
    }

    async fn authorize(
        &self,
        payment: &Payment,
        terms: &Terms,
        key: &IdempotencyKey,
    ) -> Result<PaymentId, ProviderError> {
        let begun = self.meet(payment, "authorize", "_fail_auth", key).await?;
        let step = Move {
            operation: "authorize",
            from: None,
            to: "AUTHORIZED",
            key,
            terms: Some(terms),
            begun,
            report: None,
        };
        match self.make(payment, step).await? {
            Moved::Now | Moved::Before => Ok(id(payment)),
            Moved::AnotherCall => Err(another_call()),
            Moved::NotFrom(_) => {
                Err(ProviderError::Refused("already_authorized_with_another_key".to_owned()))
            }
        }
    }

    async fn capture(
        &self,
        payment: &Payment,
        _: &PaymentId,
        key: &IdempotencyKey,
    ) -> Result<(), ProviderError> {
        let begun = self.meet(payment, "capture", "_fail_charge", key).await?;
        let report = has(&payment.customer, "_disputed").then_some(ReportKind::Disputed);
        let step = Move {
            operation: "capture",
            from: Some("AUTHORIZED"),
            to: "CAPTURED",
            key,
            terms: None,
            begun,
            report,
        };
        done(self.make(payment, step).await?, "CAPTURED")
    }

    async fn void(
        &self,
        payment: &Payment,
        _: &PaymentId,
        key: &IdempotencyKey,
    ) -> Result<Voided, ProviderError> {
        let begun = self.meet(payment, "void", "_fail_void", key).await?;
        let step = Move {
            operation: "void",
            from: Some("AUTHORIZED"),
            to: "VOIDED",
            key,
            terms: None,
            begun,
            report: None,
        };
        match self.make(payment, step).await? {
            // A refunded payment was captured too. The refund that follows has a known key, so it only repeats the answer.
            Moved::NotFrom(Some(state)) if state == "CAPTURED" || state == "REFUNDED" => Ok(Voided::Captured),
            moved => done(moved, "VOIDED").map(|()| Voided::Released),
        }
    }

    async fn refund(
        &self,
        payment: &Payment,
        _: &PaymentId,
        key: &IdempotencyKey,
    ) -> Result<(), ProviderError> {
        let begun = self.meet(payment, "refund", "_fail_refund", key).await?;
        let fails_later =
            has(&payment.customer, "_fail_refund_later") && self.is_first_key(payment, "refund", key).await?;
        // A refund that fails later moves no money.
        let (to, report) =
            if fails_later { ("CAPTURED", Some(ReportKind::RefundFailed)) } else { ("REFUNDED", None) };
        let step = Move { operation: "refund", from: Some("CAPTURED"), to, key, terms: None, begun, report };
        done(self.make(payment, step).await?, "REFUNDED")
    }

    async fn find(&self, payment: &Payment, _: &Terms) -> Result<Option<PaymentId>, ProviderError> {
        let state = self.state(payment).await?;
        Ok(state.filter(|state| state != "VOIDED").map(|_| id(payment)))
    }
}

fn id(payment: &Payment) -> PaymentId {
    PaymentId(format!("simulated-{}", payment.fare))
}

/// The outcome of a move to this state, which an earlier call may have made.
fn done(moved: Moved, to: &str) -> Result<(), ProviderError> {
    match moved {
        Moved::Now | Moved::Before => Ok(()),
        Moved::NotFrom(Some(state)) if state == to => Ok(()),
        Moved::AnotherCall => Err(another_call()),
        Moved::NotFrom(state) => {
            let state = state.unwrap_or_else(|| "unknown".to_owned()).to_lowercase();
            Err(ProviderError::Refused(format!("payment_is_{state}")))
        }
    }
}

/// The answer to a call whose key belongs to another call, as Stripe gives it. It doesn't tell the outcome of that call.
fn another_call() -> ProviderError {
    ProviderError::Unavailable("idempotency_error".to_owned())
}

fn unavailable(failure: &Failure) -> ProviderError {
    ProviderError::Unavailable(failure.reason().error_type.clone())
}
