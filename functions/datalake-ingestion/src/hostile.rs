//! Bad input at this service's doors.

use ::hostile::{Aws, door, example};
use domain::CorrelationId;
use messaging::{
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
    let sound = door::only_if(|body| {
        event::read::<AnyEvent>(body).is_ok_and(|event| CorrelationId::parse(&event.event_type).is_ok())
    });
    door::queue(&aws, &[&example("envelope/prebooking-rejected.json")], consume, sound).await;
}
