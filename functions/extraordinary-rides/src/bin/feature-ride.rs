//! An extraordinary ride → a featured ride.

use aws_sdk_dynamodb::Client;
use extraordinary_rides::{Bounds, FeatureRide, FeaturedRides};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(extraordinary_rides::SERVICE).await;
    let [table, fare, distance] = function.settings([
        ("EXTRAORDINARY_RIDES_TABLE_NAME", "the table of featured rides"),
        ("MINIMUM_FARE", "the smallest fare of an extraordinary ride"),
        ("MINIMUM_DISTANCE", "the shortest distance of an extraordinary ride, in kilometres"),
    ])?;
    let featured = FeaturedRides::new(Client::new(function.aws()), table);
    consumer::run(consumer::events(&function, FeatureRide::new(featured, Bounds::parse(&fare, &distance)?))?)
        .await
}
