//! Publishes every ride that is inserted into the Rides table.

use lambda_messaging::{
    Failure,
    batch::Results,
    outbox::{Outbox, Row},
    publisher::{Message, Publisher},
};

use crate::rides;

/// The outbox that the Rides table's stream is.
#[derive(Debug)]
pub struct PublishRideCompletions {
    topic: Publisher,
}

impl PublishRideCompletions {
    /// Publishes to this topic.
    #[must_use]
    pub fn new(topic: Publisher) -> Self {
        Self { topic }
    }
}

impl Outbox for PublishRideCompletions {
    type Publication = Message;

    fn read(&self, row: &Row) -> Result<Message, Failure> {
        let event = rides::event(row)?;
        Ok(Message::from_event(&event)?
            .number("fare", &event.data.fare)
            .number("distance", &event.data.distance))
    }

    async fn publish(&self, rides: Vec<Message>) -> Results {
        self.topic.publish(&rides).await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::{operation::publish_batch::PublishBatchOutput, types::PublishBatchRequestEntry};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use contracts::RideCompleted;
    use lambda_messaging::Event;
    use serde_json::json;

    use super::*;

    const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

    fn row(fare: &str) -> Row {
        let row = json!({
            "id": {"S": ID}, "customer": {"S": "cmr"}, "from": {"S": "Berlin"}, "to": {"S": "Frankfurt"},
            "duration": {"N": "420"}, "distance": {"N": "600"}, "fare": {"N": fare},
            "recordedAt": {"S": "2026-11-23T05:00:00.123Z"}, "correlationId": {"S": "c-1"},
        });
        serde_json::from_value(row).unwrap()
    }

    fn function(sns: &Rule) -> PublishRideCompletions {
        let client = mock_client!(aws_sdk_sns, RuleMode::MatchAny, [sns]);
        PublishRideCompletions::new(Publisher::new(client, "topic".into()))
    }

    fn publishing(check: impl Fn(&[PublishBatchRequestEntry]) -> bool + Send + Sync + 'static) -> Rule {
        mock!(aws_sdk_sns::Client::publish_batch)
            .match_requests(move |r| check(r.publish_batch_request_entries()))
            .then_output(|| PublishBatchOutput::builder().build())
    }

    #[tokio::test]
    async fn a_stored_ride_becomes_its_event() {
        let rule = publishing(|entries| {
            let [entry] = entries else { return false };
            let event = Event::<RideCompleted>::parse(entry.message()).unwrap();
            let attribute =
                |name: &str| entry.message_attributes().unwrap()[name].string_value().unwrap().to_owned();
            event.id == ID
                && event.time == "2026-11-23T05:00:00.123Z".parse().unwrap()
                && event.data.fare.to_string() == "256.50"
                && (attribute("fare"), attribute("distance"), attribute("type"))
                    == ("256.50".into(), "600".into(), "RideCompleted".into())
        });
        let function = function(&rule);
        let ride = function.read(&row("256.5")).unwrap();
        assert_eq!(function.publish(vec![ride]).await, [Ok(())]);
        assert_eq!(rule.num_calls(), 1);
    }

    #[test]
    fn a_row_that_is_no_ride_is_none_for_good() {
        let failure = function(&publishing(|_| false)).read(&row("-5")).unwrap_err();
        assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("MalformedRow", false));
    }
}
