//! The ledger: entries are added, never changed. A fare has at most one entry of each kind under its id: `OPENED` when its ride was
//! completed, `CREDITED` when it was paid, `REVERSED` when the credit was reversed. A fare counts as paid if it is credited and not
//! reversed.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{ConditionCheck, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use contracts::{CustomerId, Money, RideCompleted, RideId};
use lambda_messaging::{
    Failure,
    idempotent_write::{self, Written},
    item::{self, Item, number, text},
};

/// The Ledger table.
#[derive(Debug)]
pub struct Ledger {
    client: Client,
    table: String,
}

/// The content of a fare's entries.
#[derive(Debug)]
pub(crate) struct Fare<'a> {
    pub id: RideId,
    pub customer: &'a CustomerId,
    pub amount: Money,
}

impl Ledger {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Opens a ride's fare. The fare has the ride's id, so no ride is entered twice.
    pub(crate) async fn open_fare(&self, ride: &RideCompleted) -> Result<Written, Failure> {
        let fare = Fare { id: ride.ride, customer: &ride.customer, amount: ride.fare };
        idempotent_write::put(&self.client, &self.table, "fareId", entry(&fare, "OPENED")).await
    }

    /// Credits a paid fare, unless the credit has been reversed: a delayed credit that comes after its own reversal has no effect. The
    /// check and the entry are one transaction.
    ///
    /// # Errors
    /// Permanent `AccountCreditException` if the credit has been reversed.
    pub(crate) async fn credit(&self, fare: &Fare<'_>) -> Result<Written, Failure> {
        let credited = entry(fare, "CREDITED");
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item::stamped(credited.clone())))
            .condition_expression("attribute_not_exists(fareId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let not_reversed = ConditionCheck::builder()
            .table_name(&self.table)
            .key("fareId", text(fare.id))
            .key("entry", text("REVERSED"))
            .condition_expression("attribute_not_exists(fareId)");
        let call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().set_put(put.build().ok()).build())
            .transact_items(
                TransactWriteItem::builder().set_condition_check(not_reversed.build().ok()).build(),
            );
        let Err(error) = call.send().await else {
            return Ok(Written::Inserted);
        };
        if let SdkError::ServiceError(service) = &error
            && let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err()
        {
            let reasons = cancelled.cancellation_reasons();
            if reasons.get(1).and_then(|reason| reason.code()) == Some("ConditionalCheckFailed") {
                return Err(Failure::permanent("AccountCreditException", "the credit has been reversed"));
            }
            if let Some(before) = idempotent_write::guarded(&credited, reasons) {
                return before;
            }
        }
        Err(Failure::aws("dynamodb:TransactWriteItems", &error))
    }

    /// Reverses a fare's credit, even one that has not come yet: it will have no effect.
    pub(crate) async fn reverse(&self, fare: &Fare<'_>) -> Result<Written, Failure> {
        idempotent_write::put(&self.client, &self.table, "fareId", entry(fare, "REVERSED")).await
    }
}

fn entry(fare: &Fare<'_>, kind: &str) -> Item {
    item::new([
        ("fareId", text(fare.id)),
        ("entry", text(kind)),
        ("customer", text(fare.customer)),
        ("amount", number(fare.amount)),
    ])
}
