//! Bad input at this service's triggers.

use contracts::RideCompleted;
use function_testkit::{Aws, example, trigger};
use lambda_messaging::{Event, consumer};

use crate::{AwardPoints, LoyaltyPoints};

#[tokio::test]
async fn award_points() {
    let aws = Aws::default();
    let function = aws.function();
    let points = LoyaltyPoints::new("points".into());
    let consume = consumer::joined_entries(&function, AwardPoints::new(points)).unwrap();
    let is_valid = trigger::only_if(|body| Event::<RideCompleted>::parse(body).is_ok());
    trigger::queue(&aws, &[&example("envelope/ride-completed.json")], consume, is_valid).await;
}
