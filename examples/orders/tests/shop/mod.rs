//! The deployed shop, as its tests use it.
#![allow(dead_code, reason = "each of the test programs uses only a part")]

use std::{collections::HashMap, time::SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use lambda_messaging::{
    CorrelationId, Event,
    item::{Item, text},
};
use orders::{OrderPlaced, price_of};
use serde_json::{Value, json};
use testkit::{eventually, setting};
use tokio::time::{Duration, sleep};
use uuid::Uuid;

pub struct Shop {
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sfn: aws_sdk_sfn::Client,
    pub sns: aws_sdk_sns::Client,
    pub sqs: aws_sdk_sqs::Client,
    aws: SdkConfig,
    http: reqwest::Client,
}

impl Shop {
    pub async fn open() -> Self {
        let aws = testkit::aws().await;
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&aws),
            sfn: aws_sdk_sfn::Client::new(&aws),
            sns: aws_sdk_sns::Client::new(&aws),
            sqs: aws_sdk_sqs::Client::new(&aws),
            http: reqwest::Client::new(),
            aws,
        }
    }

    /// Posts a request, signed as IAM demands. Returns the status and the body of the answer.
    pub async fn post(&self, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
        let endpoint = setting("AWS_ENDPOINT_URL");
        let url = format!("{endpoint}/restapis/{}/shop/_user_request_/orders", setting("API_ID"));
        let headers = [&[("content-type", "application/json")], headers].concat();
        let mut request = self.http.post(&url).body(body.to_owned());
        let signature = self.signature(&url, &headers, body).await;
        for (name, value) in headers.iter().copied().chain(signature.iter().map(|(n, v)| (&**n, &**v))) {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn signature(&self, url: &str, headers: &[(&str, &str)], body: &str) -> Vec<(String, String)> {
        let credentials = self.aws.credentials_provider().unwrap().provide_credentials().await.unwrap();
        let (identity, region) = (credentials.into(), self.aws.region().unwrap().to_string());
        let parameters = v4::SigningParams::builder().identity(&identity).region(&region).name("execute-api");
        let parameters = parameters.time(SystemTime::now()).settings(SigningSettings::default()).build();
        let body = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", url, headers.iter().copied(), body).unwrap();
        let (instructions, _) = sign(signable, &parameters.unwrap().into()).unwrap().into_parts();
        instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Places an order as every client should: again with the same key, for as long as the shop is in trouble. Returns its id.
    pub async fn place(&self, key: &str, customer: &str, product: &str, quantity: u32) -> String {
        let body = json!({"customer": customer, "product": product, "quantity": quantity}).to_string();
        loop {
            match self.post(&[("idempotency-key", key)], &body).await {
                (201, answer) => return answer["id"].as_str().unwrap().to_owned(),
                (429 | 500.., _) => sleep(Duration::from_millis(200)).await,
                refused => panic!("{refused:?}"),
            }
        }
    }

    /// All rows of a table, by their ids.
    pub async fn rows(&self, table: &str) -> HashMap<String, Item> {
        let scan = self.dynamodb.scan().table_name(setting(table)).consistent_read(true);
        let rows = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        rows.into_iter().map(|row| (string(&row, "id"), row)).collect()
    }

    /// A row of a table.
    pub async fn row(&self, table: &str, id: &str) -> Option<Item> {
        let get = self.dynamodb.get_item().table_name(setting(table)).key("id", text(id));
        get.consistent_read(true).send().await.unwrap().item
    }

    /// The value of a counter.
    pub async fn amount(&self, table: &str, id: &str) -> i64 {
        self.row(table, id).await.map_or(0, |row| integer(&row, "amount"))
    }

    /// Waits until an order is shipped, or taken back.
    pub async fn ends(&self, order: &str) -> Item {
        let look = async || self.row("RESERVATIONS_TABLE_NAME", order).await.unwrap_or_default();
        let ended = |row: &Item| ["SHIPPED", "RELEASED"].contains(&&*string(row, "status"));
        eventually("the order is shipped or taken back", look, ended).await
    }

    /// Sends a message to a queue.
    pub async fn send(&self, queue: &str, body: &str, delay_seconds: i32) {
        let send = self.sqs.send_message().queue_url(setting(queue)).message_body(body);
        send.delay_seconds(delay_seconds).send().await.unwrap();
    }
}

/// A name that no other test has.
pub fn unique(name: &str) -> String {
    format!("{name}-{}", Uuid::now_v7())
}

/// The event of an order, as the shop publishes it.
pub fn event(order: Uuid, customer: &str, product: &str, quantity: u32) -> String {
    let total = price_of(product).unwrap() * quantity;
    let placed =
        OrderPlaced { order, customer: customer.to_owned(), product: product.to_owned(), quantity, total };
    Event::new("/orders", jiff::Timestamp::now(), CorrelationId::from(order), placed).to_json().unwrap()
}

pub fn string(row: &Item, name: &str) -> String {
    row.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

pub fn integer(row: &Item, name: &str) -> i64 {
    let number = row.get(name).and_then(|value: &AttributeValue| value.as_n().ok());
    number.map_or(0, |number| number.parse().unwrap())
}
