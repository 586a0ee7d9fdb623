//! Bad input at this service's doors.

use ::hostile::{Aws, door, example};
use domain::RideCompleted;
use messaging::{Event, consumer};

use crate::{AwardPoints, LoyaltyPoints};

#[tokio::test]
async fn award_points() {
    let aws = Aws::default();
    let function = aws.function();
    let points = LoyaltyPoints::new(aws_sdk_dynamodb::Client::new(function.aws()), "points".into());
    let consume = consumer::each(&function, AwardPoints::new(points)).unwrap();
    let sound = door::only_if(|body| Event::<RideCompleted>::parse(body).is_ok());
    door::queue(&aws, &[&example("envelope/ride-completed.json")], consume, sound).await;
}
