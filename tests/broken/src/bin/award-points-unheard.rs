//! `award-points` as a build that acknowledges a message before it makes the effect: a crash in between loses the effect.

use std::{sync::Arc, time::Duration};

use aws_sdk_dynamodb::Client;
use contracts::RideCompleted;
use customer_loyalty::{AwardPoints, LoyaltyPoints};
use lambda_messaging::{
    Effect, Event, Failure, Function,
    consumer::{self, Receiver},
};

/// The time between acknowledgement and effect, in which a test kills the function.
const LATER: Duration = Duration::from_mins(1);

struct AwardPointsLater(Arc<AwardPoints>);

impl Receiver for AwardPointsLater {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        let points = Arc::clone(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(LATER).await;
            points.receive(event).await
        });
        Ok(Effect::Made)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_loyalty::SERVICE).await;
    let [table] = function.settings([("LOYALTY_POINTS_TABLE_NAME", "the table of points")])?;
    let points = AwardPoints::new(LoyaltyPoints::new(Client::new(function.aws()), table));
    consumer::run(consumer::events(&function, AwardPointsLater(Arc::new(points)))?).await
}
