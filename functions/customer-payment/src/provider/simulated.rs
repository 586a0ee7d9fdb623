//! A provider for demonstrations and tests. Like a real one it keeps its own durable record, knows a repeated call by
//! its idempotency key, and takes no payment further than its state allows; so what was really charged can be counted.
//!
//! What it refuses, the customer's id says. It is read from its end, as long as there is a known suffix:
//!
//! | suffix | what happens |
//! |---|---|
//! | `_fail_auth`, `_fail_charge`, `_fail_void`, `_fail_refund` | the call is refused |
//! | `_error_void`, `_error_refund` | the first key's call fails, and so does each repetition of it; one with another key doesn't |
//! | `_fail_refund_later` | the first key's refund is accepted, and then fails: the provider reports it |
//! | `_disputed` | the customer disputes the payment once it is captured: the provider reports it |
//! | `_flaky` | of each call, the first two tries find the provider unavailable |
//! | `_slow` | every call takes a fifth of a second |

mod reports;

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        AttributeValue, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    },
};
use contracts::CustomerId;
use jiff::Timestamp;
use lambda_messaging::{
    Failure,
    item::{self, Item, number, text},
};

pub use self::reports::SimulatedReports;
use super::{IdempotencyKey, Payment, PaymentId, PaymentProvider, ProviderError, ReportKind, Terms, Voided};

/// The tries that find it unavailable for `_flaky`.
const FLAKY_TRIES: u32 = 2;
const SLOW: Duration = Duration::from_millis(200);
const SUFFIXES: [&str; 11] = [
    "_fail_auth",
    "_fail_charge",
    "_fail_void",
    "_fail_refund",
    "_fail_credit",
    "_error_void",
    "_error_refund",
    "_fail_refund_later",
    "_disputed",
    "_flaky",
    "_slow",
];

/// The simulated provider and its record: under each fare the payment's state, and one entry for each call that moved
/// it.
#[derive(Debug)]
pub struct Simulated {
    client: Client,
    table: String,
}

/// A call that moves a payment from one state to another.
struct Move<'a> {
    operation: &'static str,
    from: Option<&'static str>,
    to: &'static str,
    key: &'a IdempotencyKey,
    /// On what terms; of what was authorized before, the authorization's hold.
    terms: Option<&'a Terms>,
    begun: Timestamp,
    /// What is reported of it later.
    report: Option<ReportKind>,
}

/// What the record says of a move.
enum Moved {
    Now,
    /// The same call was answered before.
    Before,
    /// Another call had this key.
    AnotherCall,
    /// The payment is in another state.
    NotFrom(Option<String>),
}

impl Simulated {
    /// A provider that remembers in the table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// What happens before a provider even looks at a call.
    /// Gives the time at which the call came in.
    async fn meet(
        &self,
        payment: &Payment,
        operation: &str,
        refusal: &str,
        key: &IdempotencyKey,
    ) -> Result<Timestamp, ProviderError> {
        let begun = Timestamp::now();
        let customer = &payment.customer;
        if has(customer, "_slow") {
            tokio::time::sleep(SLOW).await;
        }
        if has(customer, "_flaky") && self.count_try(payment, operation).await? {
            return Err(ProviderError::Unavailable("simulated_outage".to_owned()));
        }
        if has(customer, refusal) {
            return Err(ProviderError::Refused(format!("simulated{refusal}")));
        }
        if has(customer, &format!("_error_{operation}")) && self.is_first_key(payment, operation, key).await?
        {
            return Err(ProviderError::Spent("simulated_error".to_owned()));
        }
        Ok(begun)
    }

    /// True if this is the key of the first call of its kind.
    async fn is_first_key(
        &self,
        payment: &Payment,
        operation: &str,
        key: &IdempotencyKey,
    ) -> Result<bool, ProviderError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("fareId", text(payment.fare))
            .key("entry", text(format_args!("ERROR#{operation}")))
            .update_expression("SET firstKey = if_not_exists(firstKey, :key)")
            .expression_attribute_values(":key", text(&key.0))
            .return_values(ReturnValue::AllNew);
        let first = update.send().await.map_err(|e| unavailable(&Failure::aws("dynamodb:UpdateItem", &e)))?;
        Ok(first.attributes.is_some_and(|first| first.get("firstKey") == Some(&text(&key.0))))
    }

    /// Counts a try, and says whether it is one of the first few.
    async fn count_try(&self, payment: &Payment, operation: &str) -> Result<bool, ProviderError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("fareId", text(payment.fare))
            .key("entry", text(format_args!("TRIES#{operation}")))
            .update_expression("ADD tries :one")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let tries = update.send().await.map_err(|e| unavailable(&Failure::aws("dynamodb:UpdateItem", &e)))?;
        let tries = tries.attributes.and_then(|a| a.get("tries")?.as_n().ok()?.parse::<u32>().ok());
        Ok(tries.is_none_or(|tries| tries <= FLAKY_TRIES))
    }

    /// The entry of the call and the payment's new state are one transaction.
    async fn make(&self, payment: &Payment, step: Move<'_>) -> Result<Moved, ProviderError> {
        let mut asked = item::new([("operation", text(step.operation)), ("amount", number(payment.amount))]);
        if let Some(Terms { customer, payment_method, currency }) = step.terms {
            asked.insert("terms".to_owned(), text(format_args!("{customer}/{payment_method}/{currency}")));
        }
        let mut entry = item::stamped(item::new([
            ("fareId", text(payment.fare)),
            ("entry", text(format_args!("CALL#{}", step.key.0))),
            ("begunAt", text(format_args!("{:.3}", step.begun))),
        ]));
        entry.extend(asked.clone());
        if step.report == Some(ReportKind::RefundFailed) {
            entry.insert("failedLater".to_owned(), AttributeValue::Bool(true));
        }
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(entry))
            .condition_expression("attribute_not_exists(fareId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let state = Update::builder()
            .table_name(&self.table)
            .key("fareId", text(payment.fare))
            .key("entry", text("STATE"))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":to", text(step.to))
            .expression_attribute_values(":amount", number(payment.amount));
        let set = "SET #state = :to, amount = :amount";
        let state = match step.report {
            Some(kind @ ReportKind::Disputed) => state
                .update_expression(format!("{set}, dispute = :dispute"))
                .expression_attribute_values(":dispute", text(reports::report_id(kind, payment))),
            Some(ReportKind::RefundFailed) | None => state.update_expression(set),
        };
        let state = match step.from {
            None => state.condition_expression("attribute_not_exists(fareId)"),
            Some(from) => {
                state.condition_expression("#state = :from").expression_attribute_values(":from", text(from))
            }
        };
        let report = step.report.map(|kind| reports::put(&self.table, kind, payment));
        let report = report.map(|put| TransactWriteItem::builder().set_put(put).build());
        let mut call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().set_put(put.build().ok()).build())
            .transact_items(TransactWriteItem::builder().set_update(state.build().ok()).build());
        if let Some(report) = report {
            call = call.transact_items(report);
        }
        let Err(error) = call.send().await else {
            return Ok(Moved::Now);
        };
        let SdkError::ServiceError(service) = &error else {
            return Err(unavailable(&Failure::aws("dynamodb:TransactWriteItems", &error)));
        };
        match service.err() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                let failed = |n: usize| {
                    let reason = cancelled.cancellation_reasons().get(n);
                    reason.and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
                };
                let before = cancelled.cancellation_reasons().first().and_then(|reason| reason.item.as_ref());
                let same = |before: &Item| asked.iter().all(|(name, value)| before.get(name) == Some(value));
                match (failed(0), failed(1)) {
                    (true, _) if before.is_none_or(same) => Ok(Moved::Before),
                    (true, _) => Ok(Moved::AnotherCall),
                    (false, true) => Ok(Moved::NotFrom(self.state(payment).await?)),
                    (false, false) => Err(ProviderError::Unavailable("TransactionConflict".to_owned())),
                }
            }
            _ => Err(unavailable(&Failure::aws("dynamodb:TransactWriteItems", &error))),
        }
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
            // No currency, in the words of ISO 4217.
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
            // Refunded, too: the refund that follows is known by its key, and only its answer is given again.
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
        // One that fails later leaves the amount where it was.
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

/// The outcome of a move to this state. Another call than this one may have led there.
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

/// As Stripe has it: a key stands for one call, and what became of that, this answer doesn't say.
fn another_call() -> ProviderError {
    ProviderError::Unavailable("idempotency_error".to_owned())
}

fn unavailable(failure: &Failure) -> ProviderError {
    ProviderError::Unavailable(failure.reason().error_type.clone())
}

/// Whether this suffix stands at the end of the customer's id, alone or before other known ones.
fn has(customer: &CustomerId, suffix: &str) -> bool {
    let mut rest = customer.as_str();
    while let Some(last) = SUFFIXES.into_iter().find(|known| rest.ends_with(known)) {
        if last == suffix {
            return true;
        }
        rest = rest.strip_suffix(last).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_read_from_the_end() {
        let customer = |id| CustomerId::parse(id).unwrap();
        for (id, suffix, has_it) in [
            ("cmr_fail_auth", "_fail_auth", true),
            ("cmr_fail_charge_fail_void", "_fail_charge", true),
            ("cmr_fail_charge_fail_void", "_fail_void", true),
            ("cmr_flaky_fail_credit", "_flaky", true),
            ("cmr_fail_charge_error_void", "_error_void", true),
            ("cmr_fail_auth_2", "_fail_auth", false),
            ("cmr", "_fail_auth", false),
        ] {
            assert_eq!(has(&customer(id), suffix), has_it, "{id} {suffix}");
        }
    }
}
