//! Opens the fare of a completed ride.

use domain::RideCompleted;
use messaging::{
    Event, Failure,
    consumer::{Effect, Receiver},
};

use crate::Ledger;

/// The receiver of completed rides.
#[derive(Debug)]
pub struct OpenFare {
    ledger: Ledger,
}

impl OpenFare {
    /// Enters fares into this ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }
}

impl Receiver for OpenFare {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        Ok(self.ledger.open_fare(&event.data).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, operation::put_item::PutItemOutput, types::AttributeValue};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn the_ledger_gets_the_exact_fare_under_the_rides_id() {
        let ride = RideCompleted::sample();
        let id = ride.ride;
        let rule = mock!(Client::put_item)
            .match_requests(move |put| {
                let entry = put.item().unwrap();
                put.table_name() == Some("ledger")
                    && entry["fareId"] == AttributeValue::S(id.to_string())
                    && entry["entry"] == AttributeValue::S("OPENED".into())
                    && entry["amount"] == AttributeValue::N("256.5".into())
            })
            .then_output(|| PutItemOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let event = Event::new("/test", Timestamp::now(), id.into(), ride);
        let effect = OpenFare::new(Ledger::new(client, "ledger".into())).receive(event).await;
        assert_eq!((effect, rule.num_calls()), (Ok(Effect::Made), 1));
    }
}
