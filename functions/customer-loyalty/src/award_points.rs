//! Awards the points of a completed ride.

use contracts::RideCompleted;
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver};

use crate::{LoyaltyPoints, Points};

/// The receiver of completed rides.
#[derive(Debug)]
pub struct AwardPoints {
    points: LoyaltyPoints,
}

impl AwardPoints {
    /// Awards points in this table.
    #[must_use]
    pub fn new(points: LoyaltyPoints) -> Self {
        Self { points }
    }
}

impl Receiver for AwardPoints {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        let RideCompleted { ride, customer, fare, .. } = &event.data;
        Ok(self.points.award(customer, *ride, Points::for_fare(*fare)).await?.into())
    }
}
