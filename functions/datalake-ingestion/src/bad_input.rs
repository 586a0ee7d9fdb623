//! Bad input at this service's triggers.

use contracts::CorrelationId;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{
    consumer::{self, AnyEvent},
    event,
};

use crate::{IngestEvents, Lake};

#[tokio::test]
async fn ingest_events() {
    let aws = Aws::default();
    let function = aws.function();
    let lake = Lake::new(aws_sdk_s3::Client::new(function.aws()), "lake".into());
    let consume = consumer::batches(&function, IngestEvents::new(lake)).unwrap();
    let sound = trigger::only_if(|body| {
        event::read::<AnyEvent>(body).is_ok_and(|event| CorrelationId::parse(&event.event_type).is_ok())
    });
    trigger::queue(&aws, &[&example("envelope/prebooking-rejected.json")], consume, sound).await;
}
