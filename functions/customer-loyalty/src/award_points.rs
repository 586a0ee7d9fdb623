//! Awards the points of a completed ride.

use contracts::RideCompleted;
use lambda_messaging::{Event, Failure, consumer::EntryReceiver, joined_write::Entry};

use crate::{LoyaltyPoints, Points};

/// The receiver of completed rides. The rides of a batch are awarded in one transaction.
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

impl EntryReceiver for AwardPoints {
    type Payload = RideCompleted;

    fn entry(&self, event: Event<RideCompleted>) -> Result<Entry, Failure> {
        let RideCompleted { ride, customer, fare, .. } = &event.data;
        Ok(self.points.award(customer, *ride, Points::for_fare(*fare)))
    }
}
