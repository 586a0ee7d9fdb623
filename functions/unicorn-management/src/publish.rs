//! Publishes every stored ride, from the write itself: the Rides table's stream.

use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use lambda_runtime::{Diagnostic, LambdaEvent};
use messaging::{
    Failure,
    publisher::{Message, Publisher},
};
use tracing::{error, info};

use crate::rides;

/// The handler of the Rides table's stream.
#[derive(Debug)]
pub struct PublishRideCompletions {
    topic: Publisher,
    sqs: Client,
    dlq_url: String,
}

impl PublishRideCompletions {
    /// Publishes to this topic; rows that no retry could publish go to this queue.
    #[must_use]
    pub fn new(topic: Publisher, sqs: Client, dlq_url: String) -> Self {
        Self { topic, sqs, dlq_url }
    }

    /// Publishes the rides of a stream batch.
    ///
    /// # Errors
    /// If any ride couldn't be published. Lambda then gives the whole batch again, in halves, and receivers skip what
    /// they had before. Reporting only the failed record would save little, and not every emulator honours it.
    pub async fn handle(&self, event: LambdaEvent<StreamEvent>) -> Result<(), Diagnostic> {
        let mut messages = Vec::new();
        for record in event.payload.records.iter().filter(|record| record.event_name == "INSERT") {
            match message(record) {
                Ok(message) => messages.push(message),
                Err(failure) => {
                    self.dead_letter(record, &failure).await.map_err(failed)?;
                }
            }
        }
        self.topic.publish(&messages).await.map_err(failed)?;
        info!(count = messages.len(), "published");
        Ok(())
    }

    /// A row that can't be read would block all rides behind it, so it steps aside.
    async fn dead_letter(&self, record: &EventRecord, failure: &Failure) -> Result<(), Failure> {
        let row = serde_json::to_string(&record.change.new_image).unwrap_or_default();
        let mut send = self.sqs.send_message().queue_url(&self.dlq_url).message_body(row);
        let reason = failure.reason();
        for (name, value) in [("ErrorType", &reason.error_type), ("ErrorDetail", &reason.detail)] {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            if let Ok(value) = value {
                send = send.message_attributes(name, value);
            }
        }
        send.send().await.map_err(|error| Failure::aws("sqs:SendMessage", &error))?;
        error!(%failure, outcome = "dead-lettered", "a row that is no ride");
        Ok(())
    }
}

fn message(record: &EventRecord) -> Result<Message, Failure> {
    let event = rides::event(&record.change.new_image)?;
    let body = serde_json::to_string(&event).map_err(|error| Failure::permanent("MalformedRide", error))?;
    Ok(Message::new(body)
        .text("type", event.event_type)
        .number("fare", &event.data.fare)
        .number("distance", &event.data.distance))
}

fn failed(failure: Failure) -> Diagnostic {
    error!(%failure, "not published");
    failure.into()
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::{
        error::ErrorMetadata,
        operation::publish_batch::{PublishBatchError, PublishBatchOutput},
        types::PublishBatchRequestEntry,
    };
    use aws_sdk_sqs::operation::send_message::SendMessageOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use domain::RideCompleted;
    use messaging::Event;
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

    fn record(name: &str, fare: &str) -> Value {
        json!({
            "eventName": name, "awsRegion": "us-east-1", "eventID": "1", "eventSource": "aws:dynamodb",
            "dynamodb": {
                "ApproximateCreationDateTime": 1, "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_IMAGE",
                "Keys": {"id": {"S": ID}},
                "NewImage": {
                    "id": {"S": ID}, "customer": {"S": "cmr"}, "from": {"S": "Berlin"}, "to": {"S": "Frankfurt"},
                    "duration": {"N": "420"}, "distance": {"N": "600"}, "fare": {"N": fare},
                    "recordedAt": {"S": "2026-11-23T05:00:00.123Z"}, "correlationId": {"S": "c-1"},
                },
            },
        })
    }

    fn batch(records: &[Value]) -> LambdaEvent<StreamEvent> {
        let event = serde_json::from_value(json!({ "Records": records })).unwrap();
        LambdaEvent::new(event, lambda_runtime::Context::default())
    }

    fn function(sns: &Rule, sqs: &Rule) -> PublishRideCompletions {
        let topic = Publisher::new(mock_client!(aws_sdk_sns, RuleMode::MatchAny, [sns]), "topic".into());
        PublishRideCompletions::new(topic, mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [sqs]), "dlq".into())
    }

    fn dlq() -> Rule {
        mock!(Client::send_message).then_output(|| SendMessageOutput::builder().build())
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
        function(&rule, &dlq()).handle(batch(&[record("INSERT", "256.5")])).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn only_new_rows_are_told() {
        let rule = publishing(|_| true);
        let batch = batch(&[record("MODIFY", "1"), record("REMOVE", "1")]);
        function(&rule, &dlq()).handle(batch).await.unwrap();
        assert_eq!(rule.num_calls(), 0);
    }

    #[tokio::test]
    async fn a_row_that_is_no_ride_steps_aside() {
        let (rule, dlq) = (publishing(|entries| entries.len() == 1), dlq());
        function(&rule, &dlq).handle(batch(&[record("INSERT", "-5"), record("INSERT", "5")])).await.unwrap();
        assert_eq!((rule.num_calls(), dlq.num_calls()), (1, 1));
    }

    #[tokio::test]
    async fn a_topic_in_trouble_fails_the_batch_so_that_it_comes_again() {
        let rule = mock!(aws_sdk_sns::Client::publish_batch)
            .then_error(|| PublishBatchError::generic(ErrorMetadata::builder().code("Throttled").build()));
        let error = function(&rule, &dlq()).handle(batch(&[record("INSERT", "5")])).await.unwrap_err();
        assert_eq!(error.error_type, "Throttled");
    }
}
