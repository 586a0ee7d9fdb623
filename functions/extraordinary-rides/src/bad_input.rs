//! Bad input at this service's triggers.

use contracts::RideCompleted;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, consumer};

use crate::{Bounds, FeatureRide, FeaturedRides};

#[tokio::test]
async fn feature_ride() {
    let aws = Aws::default();
    let function = aws.function();
    let featured = FeaturedRides::new(aws_sdk_dynamodb::Client::new(function.aws()), "featured".into());
    let consume =
        consumer::events(&function, FeatureRide::new(featured, Bounds::parse("50", "20").unwrap())).unwrap();
    let is_valid = trigger::only_if(|body| Event::<RideCompleted>::parse(body).is_ok());
    trigger::queue(&aws, &[&example("envelope/ride-completed.json")], consume, is_valid).await;
}
