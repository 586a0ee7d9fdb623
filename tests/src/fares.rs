//! The state of a fare, as seen from outside: its status, the provider's books, the ledger, and its cases for people.

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use aws_sdk_lambda::primitives::Blob;
use serde_json::{Value, json};

use crate::{
    World, unique,
    world::{Item, text},
};

/// The state of a fare at all services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fare {
    /// The status in the Fares table.
    pub status: Option<String>,
    /// The amount captured less the amount refunded, in hundredths, by the provider's books.
    pub taken: i64,
    /// True if an authorization is open, by the provider's books.
    pub reserved: bool,
    /// The amount paid, in hundredths, by the ledger.
    pub paid: i64,
    /// The executions that were parked for a person to look at.
    pub parked: Vec<String>,
}

/// A call that moved money, by the provider's books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderCall {
    pub operation: String,
    pub amount: i64,
    pub begun: String,
    pub done: String,
}

impl World {
    /// The state of a fare at all services.
    pub async fn looks_at(&self, fare: &str) -> Fare {
        let calls = self.provider_calls(fare).await;
        let sum = |operation: &str| {
            calls.iter().filter(|call| call.operation == operation).map(|call| call.amount).sum::<i64>()
        };
        Fare {
            status: self.fare_status(fare).await,
            taken: sum("capture") - sum("refund"),
            reserved: self.provider_state(fare).await.as_deref() == Some("AUTHORIZED"),
            paid: self.paid(fare).await,
            parked: self.parked(fare).await,
        }
    }

    /// The status of a fare.
    pub async fn fare_status(&self, fare: &str) -> Option<String> {
        let key = [("fareId", fare)];
        Some(text(&self.item("fare-collection", "FaresTableName", &key).await?, "status"))
    }

    /// An attribute of a fare.
    pub async fn fare_attribute(&self, fare: &str, attribute: &str) -> String {
        let key = [("fareId", fare)];
        text(&self.item("fare-collection", "FaresTableName", &key).await.unwrap(), attribute)
    }

    /// Deletes a fare and writes it again without these attributes, so that the outbox publishes it once more.
    pub async fn writes_fare_again(&self, fare: &str, without: &[&str]) {
        let table = self.output("fare-collection", "FaresTableName");
        let key = [("fareId", fare)];
        let mut item = self.item("fare-collection", "FaresTableName", &key).await.unwrap();
        let delete = self.dynamodb.delete_item().table_name(table);
        delete.key("fareId", AttributeValue::S(fare.to_owned())).send().await.unwrap();
        item.retain(|name, _| !without.contains(&name.as_str()));
        self.dynamodb.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    /// The number of collected fares of the customers whose ids have this prefix.
    pub async fn fares_collected(&self, customers: &str) -> usize {
        let scan = self.dynamodb.scan().table_name(self.output("fare-collection", "FaresTableName"));
        let scan = scan
            .filter_expression("begins_with(customer, :customers) AND #status = :collected")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":customers", AttributeValue::S(customers.to_owned()))
            .expression_attribute_values(":collected", AttributeValue::S("COLLECTED".to_owned()))
            .select(Select::Count)
            .consistent_read(true);
        let pages: Vec<_> = scan.into_paginator().send().collect::<Result<_, _>>().await.unwrap();
        pages.iter().map(|page| usize::try_from(page.count).unwrap()).sum()
    }

    /// The calls that moved money for a fare. A refund that failed later is not among them.
    pub async fn provider_calls(&self, fare: &str) -> Vec<ProviderCall> {
        let table = self.output("customer-payment", "SimulatedProviderTableName");
        let mut entries = self.entries(table, fare, "CALL#").await;
        entries.retain(|call| !call.contains_key("failedLater"));
        let call = |item: &Item| ProviderCall {
            operation: text(item, "operation"),
            amount: cents(item),
            begun: text(item, "begunAt"),
            done: text(item, "recordedAt"),
        };
        entries.iter().map(call).collect()
    }

    /// An attribute of a fare's payment in the Payments table.
    pub async fn payment(&self, fare: &str, attribute: &str) -> Option<String> {
        let payment = self.item("customer-payment", "PaymentsTableName", &[("fareId", fare)]).await?;
        payment.contains_key(attribute).then(|| text(&payment, attribute))
    }

    /// Runs the reconciliation with the provider, as the schedule does; returns its result.
    pub async fn reconciles(&self) -> Value {
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let function = format!("wild-rydes-{}-reconcile-payments", self.deployment.stage);
        let invoked = lambda.invoke().function_name(function).payload(Blob::new("{}")).send().await.unwrap();
        let answer: Value = serde_json::from_slice(invoked.payload.unwrap().as_ref()).unwrap();
        assert!(invoked.function_error.is_none(), "{answer}");
        answer
    }

    async fn provider_state(&self, fare: &str) -> Option<String> {
        let key = [("fareId", fare), ("entry", "STATE")];
        Some(text(&self.item("customer-payment", "SimulatedProviderTableName", &key).await?, "state"))
    }

    /// The amount that is credited and not reversed.
    async fn paid(&self, fare: &str) -> i64 {
        let table = self.output("customer-accounting", "LedgerTableName");
        let entries = self.entries(table, fare, "").await;
        let entry = |kind| entries.iter().find(|item| text(item, "entry") == kind);
        match (entry("CREDITED"), entry("REVERSED")) {
            (Some(credited), None) => cents(credited),
            _ => 0,
        }
    }

    async fn entries(&self, table: &str, fare: &str, prefix: &str) -> Vec<Item> {
        let query = self.dynamodb.query().table_name(table).consistent_read(true);
        let query = query.expression_attribute_values(":fare", AttributeValue::S(fare.to_owned()));
        let query = if prefix.is_empty() {
            query.key_condition_expression("fareId = :fare")
        } else {
            query
                .key_condition_expression("fareId = :fare AND begins_with(entry, :prefix)")
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
        };
        query.send().await.unwrap().items.unwrap_or_default()
    }

    /// The amount captured, the amount paid, and the operations that moved money.
    pub async fn looks_at_the_money(&self, fare: &str) -> (i64, i64, Vec<String>) {
        let calls = self.provider_calls(fare).await;
        let mut operations: Vec<_> = calls.iter().map(|call| call.operation.clone()).collect();
        operations.sort_unstable();
        let captured = calls.iter().filter(|call| call.operation == "capture").map(|call| call.amount);
        (captured.sum(), self.paid(fare).await, operations)
    }

    /// The executions of a fare that were parked for review.
    async fn parked(&self, fare: &str) -> Vec<String> {
        let messages = self.parked_messages(fare).await;
        messages.iter().map(|message| message["execution"].as_str().unwrap().to_owned()).collect()
    }

    /// The state that a fare's execution was parked with.
    pub async fn parked_state(&self, fare: &str) -> Value {
        let [message] = self.parked_messages(fare).await.try_into().unwrap();
        message["state"].clone()
    }

    async fn parked_messages(&self, fare: &str) -> Vec<Value> {
        let queue = self.output("fare-collection", "FareReviewQueueUrl").to_owned();
        let messages = self.peek(&queue).await;
        let parked = messages.iter().filter_map(|message| serde_json::from_str::<Value>(message).ok());
        parked.filter(|message| message["state"]["fareId"] == fare).collect()
    }

    /// Puts a payment request into the payment queue, as a late or second delivery whose saga has gone.
    pub async fn requests_payment(&self, fare: &str, customer: &str, operation: &str) {
        let request = json!({
            "specversion": "1.0", "id": format!("{fare}-{operation}"), "source": "/wild-rydes/fare-collection",
            "type": "PaymentRequested", "time": "2026-11-24T09:00:00Z", "correlationid": fare,
            "data": {"fare": fare, "customer": customer, "amount": "256.50", "operation": operation, "taskToken": "gone"},
        });
        self.sends_payment_message(customer, &request.to_string()).await;
    }

    /// Puts any message into the payment queue.
    pub async fn sends_payment_message(&self, group: &str, body: &str) {
        let queue = self.output("customer-payment", "PaymentQueueUrl");
        let send = self.sqs.send_message().queue_url(queue).message_body(body).message_group_id(group);
        send.message_deduplication_id(unique("again")).send().await.unwrap();
    }
}

/// An item's amount in hundredths.
fn cents(item: &Item) -> i64 {
    let amount = text(item, "amount");
    let (whole, fraction) = amount.split_once('.').unwrap_or((&amount, ""));
    format!("{whole}{fraction:0<2}").parse().unwrap()
}
