//! The table of featured rides. It doesn't store the customer.

use aws_sdk_dynamodb::Client;
use contracts::RideCompleted;
use lambda_messaging::{
    Failure,
    idempotent_write::{self, Written},
    item::{self, number, text},
};

/// The `ExtraordinaryRides` table.
#[derive(Debug)]
pub struct FeaturedRides {
    client: Client,
    table: String,
}

impl FeaturedRides {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    pub(crate) async fn add(&self, ride: &RideCompleted) -> Result<Written, Failure> {
        let featured = item::new([
            ("rideId", text(ride.ride)),
            ("from", text(&ride.from)),
            ("to", text(&ride.to)),
            ("distance", number(ride.distance)),
            ("duration", number(ride.duration)),
            ("fare", number(ride.fare)),
        ]);
        idempotent_write::put(&self.client, &self.table, "rideId", featured).await
    }
}
