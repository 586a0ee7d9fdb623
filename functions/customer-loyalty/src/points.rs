//! The points table: for each customer one award per ride, and the sum of the awards as the balance.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use contracts::{CustomerId, RideId};
use lambda_messaging::{
    Failure,
    idempotent_write::{self, Written},
    item::{self, Item, number, text},
};

use crate::Points;

/// The attempts at an award. Concurrent awards to one customer conflict on the balance, and one of them is retried.
const ATTEMPTS: u32 = 5;

/// The `LoyaltyPoints` table.
#[derive(Debug)]
pub struct LoyaltyPoints {
    client: Client,
    table: String,
}

impl LoyaltyPoints {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Awards a ride's points. The award guards the balance: both are written in one transaction.
    pub(crate) async fn award(
        &self,
        customer: &CustomerId,
        ride: RideId,
        points: Points,
    ) -> Result<Written, Failure> {
        let award = item::new([
            ("customer", text(customer)),
            ("entry", text(format_args!("RIDE#{ride}"))),
            ("points", number(points)),
        ]);
        for attempt in 1.. {
            let Err(reasons) = self.transact(customer, &award, points).await? else {
                return Ok(Written::Inserted);
            };
            if let Some(before) = idempotent_write::guarded(&award, &reasons) {
                return before;
            }
            if attempt == ATTEMPTS {
                break;
            }
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..25 << attempt))).await;
        }
        Err(Failure::transient(
            "TransactionConflict",
            "other awards to this customer kept getting in between",
        ))
    }

    /// Makes one attempt; the inner error holds the reasons of a cancelled transaction.
    async fn transact(
        &self,
        customer: &CustomerId,
        award: &Item,
        points: Points,
    ) -> Result<Result<(), Vec<CancellationReason>>, Failure> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item::stamped(award.clone())))
            .condition_expression("attribute_not_exists(customer)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let balance = Update::builder()
            .table_name(&self.table)
            .key("customer", text(customer))
            .key("entry", text("BALANCE"))
            .update_expression("ADD points :points, rides :one")
            .expression_attribute_values(":points", number(points))
            .expression_attribute_values(":one", number(1));
        let call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().set_put(put.build().ok()).build())
            .transact_items(TransactWriteItem::builder().set_update(balance.build().ok()).build());
        match call.send().await {
            Ok(_) => Ok(Ok(())),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled))
                    if is_about_the_data(cancelled.cancellation_reasons()) =>
                {
                    Ok(Err(cancelled.cancellation_reasons().to_vec()))
                }
                _ => Err(Failure::aws("dynamodb:TransactWriteItems", &error)),
            },
        }
    }
}

/// True if the award exists or another one conflicts. Any other reason, such as throttling, is a failure of the service.
fn is_about_the_data(reasons: &[CancellationReason]) -> bool {
    let code = |reason: &CancellationReason| {
        matches!(reason.code(), Some("ConditionalCheckFailed" | "TransactionConflict"))
    };
    reasons.iter().any(code)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::transact_write_items::TransactWriteItemsOutput, types::error::TransactionCanceledException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    async fn award(rules: &[&Rule]) -> Result<Written, Failure> {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, rules);
        let ride = RideId::parse("0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10").unwrap();
        LoyaltyPoints::new(client, "points".into())
            .award(&CustomerId::parse("cmr").unwrap(), ride, Points(256))
            .await
    }

    fn done() -> Rule {
        mock!(Client::transact_write_items)
            .match_requests(|r| r.transact_items().len() == 2)
            .then_output(|| TransactWriteItemsOutput::builder().build())
    }

    fn cancelled(code: &'static str, stored_points: &'static str) -> Rule {
        mock!(Client::transact_write_items).then_error(move || {
            let stored = item::new([
                ("customer", text("cmr")),
                ("entry", text("RIDE#0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10")),
                ("points", number(stored_points)),
            ]);
            let reason = CancellationReason::builder().code(code).set_item(Some(stored)).build();
            TransactWriteItemsError::TransactionCanceledException(
                TransactionCanceledException::builder().cancellation_reasons(reason).build(),
            )
        })
    }

    #[tokio::test]
    async fn award_and_balance_are_one_transaction() {
        assert_eq!(award(&[&done()]).await, Ok(Written::Inserted));
    }

    #[tokio::test]
    async fn a_ride_is_awarded_once() {
        assert_eq!(award(&[&cancelled("ConditionalCheckFailed", "256")]).await, Ok(Written::AlreadyPresent));
    }

    #[tokio::test]
    async fn the_same_ride_with_other_points_is_refused() {
        let failure = award(&[&cancelled("ConditionalCheckFailed", "1")]).await.unwrap_err();
        assert_eq!(failure.reason().error_type, "IdempotencyConflict");
    }

    #[tokio::test]
    async fn a_conflict_with_another_award_is_tried_again() {
        assert_eq!(award(&[&cancelled("TransactionConflict", "0"), &done()]).await, Ok(Written::Inserted));
    }
}
