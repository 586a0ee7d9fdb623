//! Bad input at this service's triggers.

use contracts::SampleEvent;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, consumer};

use crate::{RecordSampleService, Records};

#[tokio::test]
async fn record_sample_service() {
    let aws = Aws::default();
    let function = aws.function();
    let records = Records::new(aws_sdk_dynamodb::Client::new(function.aws()), "records".into());
    let consume = consumer::events(&function, RecordSampleService::new(records)).unwrap();
    let is_valid = trigger::only_if(|body| Event::<SampleEvent>::parse(body).is_ok());
    trigger::queue(&aws, &[&example("envelope/sample-event.json")], consume, is_valid).await;
}
