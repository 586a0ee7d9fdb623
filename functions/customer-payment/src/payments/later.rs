//! Records the provider's later reports about a payment. Each report has its effect once: the write that makes the effect also adds the
//! report to those that were learned, on condition that it is not among them.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use contracts::{CustomerId, Money};
use jiff::Timestamp;
use lambda_messaging::{
    Failure,
    item::{Item, moment, number, text},
};

use super::{Payments, Status, malformed, moved_on, status, value};
use crate::provider::{Payment, PaymentId, Report, ReportKind};

const LEARNED: &str = "reportsLearned";
const TOLD: &str = "reportsTold";

/// A payment that a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reported {
    pub payment: Payment,
    pub status: Status,
    pub id: Option<PaymentId>,
    /// True if the report is on record.
    pub is_learned: bool,
    /// True if people were notified.
    pub is_told: bool,
}

/// The outcome of recording a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learned {
    Now,
    /// Another run had recorded it.
    Before,
}

impl Payments {
    /// The payment that a report is about, if it is one of ours.
    ///
    /// # Errors
    /// Permanent `MalformedPayment` if its record makes no sense.
    pub(crate) async fn reported(&self, report: &Report) -> Result<Option<Reported>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("fareId", text(report.fare));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        found.item.map(|item| reported(&item, report)).transpose()
    }

    /// Records a report. A failed refund makes the payment `CAPTURED` again, and its idempotency key spent, so that the next refund has
    /// another key. A dispute leaves the status unchanged.
    ///
    /// # Errors
    /// Transient `PaymentMovedOn` if the report doesn't fit the payment's status, which changed in the meantime. A retry reads it again.
    pub(crate) async fn learn(&self, report: &Report) -> Result<Learned, Failure> {
        let update = self.update(report);
        let update = match report.kind {
            ReportKind::RefundFailed => update
                .condition_expression("#status IN (:refunded, :captured) AND NOT contains(reportsLearned, :id)")
                .update_expression(
                    "SET #status = :captured, spentKeys = if_not_exists(spentKeys, :none) + :one, \
                     refundFailure = :reason, refundFailedAt = :at, recordedAt = :now ADD reportsLearned :ids",
                )
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":refunded", text(Status::Refunded))
                .expression_attribute_values(":captured", text(Status::Captured))
                .expression_attribute_values(":none", number(0))
                .expression_attribute_values(":one", number(1)),
            ReportKind::Disputed => update
                .condition_expression("attribute_exists(fareId) AND NOT contains(reportsLearned, :id)")
                .update_expression(
                    "SET disputeId = :id, disputeReason = :reason, disputedAt = :at, recordedAt = :now \
                     ADD reportsLearned :ids",
                ),
        };
        let update = update
            .expression_attribute_values(":id", text(&report.id))
            .expression_attribute_values(":reason", text(&report.reason))
            .expression_attribute_values(":at", moment(report.at))
            .expression_attribute_values(":now", moment(Timestamp::now()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else {
            return Ok(Learned::Now);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                let learned = refused.item.as_ref().is_some_and(|item| holds(item, LEARNED, report));
                if learned { Ok(Learned::Before) } else { Err(moved_on()) }
            }
            _ => Err(Failure::aws("dynamodb:UpdateItem", &error)),
        }
    }

    /// Records that people were notified of a report.
    pub(crate) async fn told(&self, report: &Report) -> Result<(), Failure> {
        let update = self.update(report);
        let update =
            update.update_expression("ADD reportsTold :ids").condition_expression("attribute_exists(fareId)");
        update.send().await.map_err(|error| Failure::aws("dynamodb:UpdateItem", &error))?;
        Ok(())
    }

    fn update(&self, report: &Report) -> UpdateItemFluentBuilder {
        let ids = AttributeValue::Ss(vec![report.id.to_string()]);
        let update = self.client.update_item().table_name(&self.table).key("fareId", text(report.fare));
        update.expression_attribute_values(":ids", ids)
    }
}

fn reported(item: &Item, report: &Report) -> Result<Reported, Failure> {
    let customer = value(item, "customer").and_then(|customer| CustomerId::parse(&customer).ok());
    let amount = item.get("amount").and_then(|amount| Money::parse(amount.as_n().ok()?).ok());
    let payment =
        customer.zip(amount).map(|(customer, amount)| Payment { fare: report.fare, customer, amount });
    Ok(Reported {
        payment: payment.ok_or_else(|| malformed("the payment has no customer or no amount"))?,
        status: status(item)?,
        id: value(item, "providerPaymentId").map(PaymentId),
        is_learned: holds(item, LEARNED, report),
        is_told: holds(item, TOLD, report),
    })
}

fn holds(item: &Item, name: &str, report: &Report) -> bool {
    let ids = item.get(name).and_then(|ids| ids.as_ss().ok());
    ids.is_some_and(|ids| ids.iter().any(|id| *id == report.id.to_string()))
}
