//! Tables of rows that are counted. A row and its counter are written in one transaction, so what is delivered twice counts once.

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use lambda_messaging::{
    Failure,
    idempotent_write::{self, Written},
    item::{Item, number, text},
};

/// A table with the key `id`, which holds rows and counters.
#[derive(Debug)]
pub(crate) struct Counters {
    client: Client,
    table: String,
}

/// A change of a counter.
#[derive(Debug)]
pub(crate) struct Counter {
    pub id: String,
    pub add: i64,
    /// The most that the counter may become.
    pub most: Option<i64>,
}

impl Counters {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Puts a row and changes a counter, unless the row is there already.
    ///
    /// # Errors
    /// Permanent `LimitReached` if the counter would exceed its limit.
    pub(crate) async fn put_and_add(&self, row: Item, counter: Counter) -> Result<Written, Failure> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(row.clone()))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("id", text(&counter.id))
            .update_expression("ADD amount :add")
            .expression_attribute_values(":add", number(counter.add));
        if let Some(most) = counter.most {
            if counter.add > most {
                return Err(limit_reached());
            }
            update = update
                .condition_expression("attribute_not_exists(amount) OR amount <= :before")
                .expression_attribute_values(":before", number(most - counter.add));
        }
        let call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().set_put(put.build().ok()).build())
            .transact_items(TransactWriteItem::builder().set_update(update.build().ok()).build());
        let Err(error) = call.send().await else {
            return Ok(Written::Inserted);
        };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let reasons = cancelled.cancellation_reasons();
            if let Some(before) = idempotent_write::guarded(&row, reasons) {
                return before;
            }
            if reasons.get(1).and_then(|reason| reason.code()) == Some("ConditionalCheckFailed") {
                return Err(limit_reached());
            }
        }
        // Transactions on one counter can conflict. That is transient, so the message, or the step of the saga, comes again.
        Err(Failure::aws("dynamodb:TransactWriteItems", &error))
    }
}

fn limit_reached() -> Failure {
    Failure::permanent("LimitReached", "the counter would exceed its limit")
}
