//! The moves of a payment from one state to another, each recorded in one transaction with its effect.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use jiff::Timestamp;
use lambda_messaging::{
    Failure,
    item::{self, Item, moment, number, text},
};

use super::{Simulated, reports, unavailable};
use crate::provider::{IdempotencyKey, Payment, ProviderError, ReportKind, Terms};

/// A call that moves a payment from one state to another.
pub(super) struct Move<'a> {
    pub operation: &'static str,
    pub from: Option<&'static str>,
    pub to: &'static str,
    pub key: &'a IdempotencyKey,
    /// The terms of an authorization. For later moves the terms of the authorization hold.
    pub terms: Option<&'a Terms>,
    pub begun: Timestamp,
    /// The report that follows, if there is one.
    pub report: Option<ReportKind>,
}

/// The outcome of a move.
pub(super) enum Moved {
    Now,
    /// The same call made this move before.
    Before,
    /// Another call has this key.
    AnotherCall,
    /// The payment is in another state.
    NotFrom(Option<String>),
}

impl Simulated {
    /// Makes a move: the call's entry and the payment's new state are one transaction.
    pub(super) async fn make(&self, payment: &Payment, step: Move<'_>) -> Result<Moved, ProviderError> {
        let mut asked = item::new([("operation", text(step.operation)), ("amount", number(payment.amount))]);
        if let Some(Terms { customer, payment_method, currency }) = step.terms {
            asked.insert("terms".to_owned(), text(format_args!("{customer}/{payment_method}/{currency}")));
        }
        let mut entry = item::stamped(item::new([
            ("fareId", text(payment.fare)),
            ("entry", text(format_args!("CALL#{}", step.key.0))),
            ("begunAt", moment(step.begun)),
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
}
