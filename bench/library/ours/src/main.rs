//! Stores each order once, and adds it to its customer's account.

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException,
    types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update},
};
use lambda_messaging::{
    Effect, Event, EventPayload, Failure, Function, Service,
    consumer::{self, Receiver},
    idempotent_write::guarded,
    item::{self, number, text},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct OrderPlaced {
    order: String,
    customer: String,
    cents: u64,
    items: u64,
}

impl EventPayload for OrderPlaced {
    const TYPE: &'static str = "OrderPlaced";

    fn id(&self) -> String {
        self.order.clone()
    }

    fn subject(&self) -> String {
        format!("order/{}", self.order)
    }
}

struct StoreOrder {
    dynamodb: Client,
    orders: String,
    accounts: String,
}

impl Receiver for StoreOrder {
    type Payload = OrderPlaced;

    async fn receive(&self, event: Event<OrderPlaced>) -> Result<Effect, Failure> {
        let OrderPlaced { order, customer, cents, items } = event.data;
        let row = item::new([
            ("id", text(order)),
            ("customer", text(&customer)),
            ("cents", number(cents)),
            ("centsEach", number(cents / items)),
        ]);
        let put = Put::builder()
            .table_name(&self.orders)
            .set_item(Some(row.clone()))
            .condition_expression("attribute_not_exists(id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let add = Update::builder()
            .table_name(&self.accounts)
            .key("customer", text(customer))
            .update_expression("ADD orders :one, cents :cents")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":cents", number(cents));
        let transaction = self
            .dynamodb
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().set_put(put.build().ok()).build())
            .transact_items(TransactWriteItem::builder().set_update(add.build().ok()).build());
        let Err(error) = transaction.send().await else { return Ok(Effect::Made) };
        let stored_before = match error.as_service_error() {
            Some(TransactionCanceledException(cancelled)) => guarded(&row, cancelled.cancellation_reasons()),
            _ => None,
        };
        let failed = || Err(Failure::aws("dynamodb:TransactWriteItems", &error));
        Ok(stored_before.unwrap_or_else(failed)?.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Shop", "orders")).await;
    let [orders, accounts] = function.settings([
        ("ORDERS_TABLE_NAME", "the table of orders"),
        ("ACCOUNTS_TABLE_NAME", "the table of accounts"),
    ])?;
    let dynamodb = Client::new(function.aws());
    consumer::run(consumer::events(&function, StoreOrder { dynamodb, orders, accounts })?).await
}
