//! Bad input at this service's triggers.

use aws_sdk_dynamodb::Client;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, consumer};

use crate::{PaymentRequested, Payments, ProcessPayment, Saga, provider::Simulated};

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
