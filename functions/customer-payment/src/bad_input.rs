//! Bad input at this service's triggers.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use contracts::RideId;
use function_testkit::{Aws, example, trigger};
use jiff::Timestamp;
use lambda_messaging::{Event, consumer};
use lambda_runtime::{Context, LambdaEvent};
use serde::de::IgnoredAny;

use crate::{
    PaymentRequested, Payments, ProcessPayment, ReconcilePayments, Review, Saga,
    provider::{Simulated, SimulatedReports},
};

#[tokio::test]
async fn process_payment() {
    let aws = Aws::default();
    let function = aws.function();
    let dynamodb = Client::new(function.aws());
    let receiver = ProcessPayment::new(
        Payments::new(dynamodb.clone(), "payments".into()),
        Simulated::new(dynamodb, "simulated".into()),
        Saga::new(aws_sdk_sfn::Client::new(function.aws())),
    );
    let consume = consumer::events_in_order(&function, receiver).unwrap();
    let is_valid = trigger::only_if(|body| Event::<PaymentRequested>::parse(body).is_ok());
    trigger::queue(&aws, &[&example("envelope/payment-requested.json")], consume, is_valid).await;
}

/// A payment with a customer and an amount that no log line may contain.
const PAYMENT: &str = r#"{"Item": {"customer": {"S": "jane-doe"}, "amount": {"N": "8642.13"}, "status": {"S": "REFUNDED"},
    "providerPaymentId": {"S": "simulated-1"}}}"#;

#[tokio::test]
async fn reconcile_payments() {
    let aws = Aws::default();
    let function = aws.function();
    aws.answer("GetItem", PAYMENT);
    aws.answer("StartExecution", r#"{"executionArn": "arn", "startDate": 1795500000}"#);
    let dynamodb = Client::new(function.aws());
    let reconcile = ReconcilePayments::new(
        Payments::new(dynamodb.clone(), "payments".into()),
        SimulatedReports::new(dynamodb, "simulated".into()),
        Review::new(aws_sdk_sfn::Client::new(function.aws()), "machine".into()),
        7,
    );
    let run = async || {
        let mut context = Context::default();
        context.deadline = u64::try_from(Timestamp::now().as_millisecond()).unwrap() + 60_000;
        reconcile.handle(LambdaEvent::new(IgnoredAny, context)).await
    };
    let is_valid = |row: &str| {
        let Ok(row) = serde_json::from_str::<HashMap<String, HashMap<String, serde_json::Value>>>(row) else {
            return false;
        };
        let text = |name: &str| row.get(name)?.get("S")?.as_str().filter(|_| row[name].len() == 1);
        let id = |id: &str| {
            (1..=43).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        text("kind").is_some_and(|kind| ["refund-failed", "disputed"].contains(&kind))
            && text("id").is_some_and(id)
            && text("fare").is_some_and(|fare| RideId::parse(fare).is_ok())
            && text("payment") == Some("simulated-1")
            && text("at").is_some_and(|at| at.parse::<Timestamp>().is_ok())
    };
    let examples =
        ["failed-refund", "dispute"].map(|report| example(&format!("provider_report/{report}.json")));
    let around = |row: &str| format!(r#"{{"Items": [{row}]}}"#);
    trigger::answer(&aws, "Query", &[&examples[0], &examples[1]], around, run, is_valid).await;
}
