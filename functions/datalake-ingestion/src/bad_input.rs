//! Bad input at this service's triggers.

use function_testkit::{Aws, example, trigger};
use lambda_messaging::{
    consumer::{self, AnyEvent},
    is_token, json,
};

use crate::{Bucket, IngestEvents, Lake};

#[tokio::test]
async fn ingest_events() {
    let aws = Aws::default();
    let function = aws.function();
    let lake = Lake::new(Bucket::new(function.aws(), "lake", "amazonaws.com"));
    let consume = consumer::event_batches(&function, IngestEvents::new(lake, "PrebookingRejected")).unwrap();
    let is_valid =
        trigger::only_if(|body| json::read::<AnyEvent>(body).is_ok_and(|event| is_token(&event.event_type)));
    trigger::queue(&aws, &[&example("envelope/prebooking-rejected.json")], consume, is_valid).await;
}
