//! Features extraordinary rides.

use contracts::{Distance, Money, RideCompleted};
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver};
use lambda_runtime::Error;

use crate::FeaturedRides;

/// The receiver of the rides that pass the subscription's filter. SNS may take a quarter of an hour to apply a filter, so ordinary
/// rides may come too.
#[derive(Debug)]
pub struct FeatureRide {
    featured: FeaturedRides,
    extraordinary: Bounds,
}

/// The minimum fare and distance of an extraordinary ride. The subscription's filter has the same parameters.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    fare: Money,
    distance: Distance,
}

impl Bounds {
    /// Reads a fare and a distance in kilometres.
    ///
    /// # Errors
    /// If either can't be read.
    pub fn parse(fare: &str, distance: &str) -> Result<Self, Error> {
        Ok(Self { fare: Money::parse(fare)?, distance: Distance::parse(distance)? })
    }

    fn include(&self, ride: &RideCompleted) -> bool {
        ride.fare >= self.fare && ride.distance >= self.distance
    }
}

impl FeatureRide {
    /// Features the rides within these bounds in this table.
    #[must_use]
    pub fn new(featured: FeaturedRides, extraordinary: Bounds) -> Self {
        Self { featured, extraordinary }
    }
}

impl Receiver for FeatureRide {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        if !self.extraordinary.include(&event.data) {
            return Ok(Effect::Nothing("it is an ordinary ride"));
        }
        Ok(self.featured.add(&event.data).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, operation::put_item::PutItemOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use function_testkit::example_payload;
    use jiff::Timestamp;

    use super::*;

    fn ride() -> RideCompleted {
        example_payload("envelope/ride-completed.json")
    }

    #[tokio::test]
    async fn a_ride_is_featured_without_its_rider() {
        let ride = ride();
        let rule = mock!(Client::put_item)
            .match_requests(|put| {
                let mut names: Vec<_> = put.item().unwrap().keys().map(String::as_str).collect();
                names.sort_unstable();
                names == ["distance", "duration", "fare", "from", "recordedAt", "rideId", "to"]
            })
            .then_output(|| PutItemOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let event = Event::new("/test", Timestamp::now(), ride.ride.into(), ride);
        let featured = FeaturedRides::new(client, "featured".into());
        let effect = FeatureRide::new(featured, Bounds::parse("50", "20").unwrap()).receive(event).await;
        assert_eq!((effect, rule.num_calls()), (Ok(Effect::Made), 1));
    }

    #[tokio::test]
    async fn a_ride_is_extraordinary_from_both_bounds_on_whatever_the_filter_lets_pass() {
        let bounds = Bounds::parse("50", "20.5").unwrap();
        for (fare, distance, featured) in [
            ("50.00", "20.500", true),
            ("49.99", "20.5", false),
            ("50", "20.499", false),
            ("0", "0", false),
            ("1000", "1000", true),
        ] {
            let ride = RideCompleted {
                fare: Money::parse(fare).unwrap(),
                distance: Distance::parse(distance).unwrap(),
                ..ride()
            };
            let rule = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
            let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
            let event = Event::new("/test", Timestamp::now(), ride.ride.into(), ride);
            let receiver = FeatureRide::new(FeaturedRides::new(client, "featured".into()), bounds);
            let made = receiver.receive(event).await == Ok(Effect::Made);
            assert_eq!((made, rule.num_calls() == 1), (featured, featured), "{fare}, {distance}");
        }
    }
}
