//! `award-points` as a build that acknowledges a message before it makes the effect: a crash in between loses the effect.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use contracts::RideCompleted;
use customer_loyalty::{AwardPoints, LoyaltyPoints};
use lambda_messaging::{
    Effect, Event, Failure, Function,
    consumer::{self, EntryReceiver, Receiver},
    joined_write,
};

/// The time between acknowledgement and effect, in which a test kills the function.
const LATER: Duration = Duration::from_mins(1);

struct AwardPointsLater {
    points: AwardPoints,
    client: Client,
}

impl Receiver for AwardPointsLater {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        let (client, award) = (self.client.clone(), self.points.entry(event)?);
        tokio::spawn(async move {
            tokio::time::sleep(LATER).await;
            joined_write::put_all(&client, &[award]).await
        });
        Ok(Effect::Made)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_loyalty::SERVICE).await;
    let [table] = function.settings([("LOYALTY_POINTS_TABLE_NAME", "the table of points")])?;
    let points = AwardPoints::new(LoyaltyPoints::new(table));
    let receiver = AwardPointsLater { points, client: Client::new(function.aws()) };
    consumer::run(consumer::events(&function, receiver)?).await
}
