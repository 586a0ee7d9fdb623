//! `award-points` as a build that is killed by one customer's rides, and that never finishes another's. It handles all other rides
//! correctly.

use contracts::RideCompleted;
use customer_loyalty::{AwardPoints, LoyaltyPoints};
use lambda_messaging::{
    Event, Failure, Function,
    consumer::{self, EntryReceiver},
    joined_write::Entry,
};

struct MortalAwardPoints(AwardPoints);

impl EntryReceiver for MortalAwardPoints {
    type Payload = RideCompleted;

    fn entry(&self, event: Event<RideCompleted>) -> Result<Entry, Failure> {
        match event.data.customer.as_str() {
            "kills" => std::process::abort(),
            "fails" => Err(Failure::transient("NeverDone", "it fails at each attempt")),
            _ => self.0.entry(event),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(customer_loyalty::SERVICE).await;
    let [table] = function.settings([("LOYALTY_POINTS_TABLE_NAME", "the table of points")])?;
    let points = AwardPoints::new(LoyaltyPoints::new(table));
    consumer::run(consumer::joined_entries(&function, MortalAwardPoints(points))?).await
}
