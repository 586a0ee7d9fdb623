//! Stores each order once, and adds it to its customer's account.

use std::env;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEventObj};
use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException,
    types::{
        AttributeValue::{N, S},
        Put, TransactWriteItem, Update,
    },
};
use futures::future::join_all;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde::Deserialize;
use serde_json::{Value, from_value};

#[derive(Deserialize)]
struct Message {
    data: OrderPlaced,
}

#[derive(Deserialize)]
struct OrderPlaced {
    order: String,
    customer: String,
    cents: u64,
    items: u64,
}

struct Consumer {
    dynamodb: Client,
    orders: String,
    accounts: String,
}

impl Consumer {
    async fn store(&self, body: Value) -> Result<(), Error> {
        let OrderPlaced { order, customer, cents, items } = from_value::<Message>(body)?.data;
        let put = Put::builder()
            .table_name(&self.orders)
            .item("id", S(order))
            .item("customer", S(customer.clone()))
            .item("cents", N(cents.to_string()))
            .item("centsEach", N((cents / items).to_string()))
            .condition_expression("attribute_not_exists(id)")
            .build()?;
        let add = Update::builder()
            .table_name(&self.accounts)
            .key("customer", S(customer))
            .update_expression("ADD orders :one, cents :cents")
            .expression_attribute_values(":one", N("1".to_owned()))
            .expression_attribute_values(":cents", N(cents.to_string()))
            .build()?;
        let transaction = self
            .dynamodb
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().update(add).build());
        match transaction.send().await.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Err(TransactionCanceledException(cancelled))
                if cancelled.cancellation_reasons().first().and_then(|reason| reason.code())
                    == Some("ConditionalCheckFailed") =>
            {
                Ok(())
            }
            other => Ok(other.map(|_| ())?),
        }
    }

    async fn handle(&self, event: LambdaEvent<SqsEventObj<Value>>) -> Result<SqsBatchResponse, Error> {
        let handling = event.payload.records.into_iter().map(async |record| {
            let id = record.message_id.unwrap_or_default();
            self.store(record.body).await.map_err(|error| {
                tracing::error!("message {id} failed: {error}");
                id
            })
        });
        let mut response = SqsBatchResponse::default();
        for failed in join_all(handling).await.into_iter().filter_map(Result::err) {
            response.add_failure(failed);
        }
        Ok(response)
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let consumer = Consumer {
        dynamodb: Client::new(&config),
        orders: env::var("ORDERS_TABLE_NAME")?,
        accounts: env::var("ACCOUNTS_TABLE_NAME")?,
    };
    run(service_fn(async |event| consumer.handle(event).await)).await
}
