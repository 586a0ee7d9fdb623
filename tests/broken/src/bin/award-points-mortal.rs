//! `award-points` as a build that is killed by one customer's rides, and that never finishes another's. It handles all other rides
//! correctly.

use aws_sdk_dynamodb::Client;
use contracts::RideCompleted;
use customer_loyalty::{AwardPoints, LoyaltyPoints};
use lambda_messaging::{
    Effect, Event, Failure, Function,
    consumer::{self, Receiver},
};

struct MortalAwardPoints(AwardPoints);

impl Receiver for MortalAwardPoints {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        match event.data.customer.as_str() {
            "kills" => std::process::abort(),
            "fails" => Err(Failure::transient("NeverDone", "it fails at each attempt")),
            _ => self.0.receive(event).await,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_loyalty::SERVICE).await;
    let [table] = function.settings([("LOYALTY_POINTS_TABLE_NAME", "the table of points")])?;
    let points = AwardPoints::new(LoyaltyPoints::new(Client::new(function.aws()), table));
    consumer::run(consumer::events(&function, MortalAwardPoints(points))?).await
}
