//! Features a ride.

use domain::RideCompleted;
use messaging::{
    Event, Failure,
    consumer::{Effect, Receiver},
};

use crate::FeaturedRides;

/// The receiver of the rides that pass the subscription's filter.
#[derive(Debug)]
pub struct FeatureRide {
    featured: FeaturedRides,
}

impl FeatureRide {
    /// Features rides here.
    #[must_use]
    pub fn new(featured: FeaturedRides) -> Self {
        Self { featured }
    }
}

impl Receiver for FeatureRide {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        Ok(self.featured.add(&event.data).await?.into())
    }
}
