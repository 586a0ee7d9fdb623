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

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, operation::put_item::PutItemOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_ride_is_featured_without_its_rider() {
        let ride = RideCompleted::sample();
        let rule = mock!(Client::put_item)
            .match_requests(|put| {
                let mut names: Vec<_> = put.item().unwrap().keys().map(String::as_str).collect();
                names.sort_unstable();
                names == ["distance", "duration", "fare", "from", "recordedAt", "rideId", "to"]
            })
            .then_output(|| PutItemOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let event = Event::new("/test", Timestamp::now(), ride.ride.into(), ride);
        let effect = FeatureRide::new(FeaturedRides::new(client, "featured".into())).receive(event).await;
        assert_eq!((effect, rule.num_calls()), (Ok(Effect::Made), 1));
    }
}
