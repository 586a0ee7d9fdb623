//! Bad input at this service's triggers.

use aws_sdk_sns::Client;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{
    Function,
    outbox::{self, Outbox},
    publisher::Publisher,
};

use crate::PublishFareOutcomes;

#[tokio::test]
async fn publish_fare_outcomes() {
    let aws = Aws::default();
    let function = aws.function();
    let outbox = |function: &Function| {
        PublishFareOutcomes::new(Publisher::new(Client::new(function.aws()), "topic".into()))
    };
    let handle = outbox::handler(&function, outbox(&function)).unwrap();
    let reader = outbox(&function);
    let [collected, failed] = ["collected", "failed"].map(|row| example(&format!("fare_row/{row}.json")));
    trigger::stream(&aws, &[&collected, &failed], handle, |row| reader.read(row).is_ok()).await;
}
