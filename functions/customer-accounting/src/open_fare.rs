//! Opens the fare of a completed ride and starts its collection.

use contracts::RideCompleted;
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver};

use crate::{FareCollection, Ledger};

/// The receiver of completed rides.
#[derive(Debug)]
pub struct OpenFare {
    ledger: Ledger,
    collection: FareCollection,
}

impl OpenFare {
    /// Opens fares in this ledger, and starts this collection.
    #[must_use]
    pub fn new(ledger: Ledger, collection: FareCollection) -> Self {
        Self { ledger, collection }
    }
}

impl Receiver for OpenFare {
    type Payload = RideCompleted;

    /// Stores first, then starts. After a failed start, or a crash before it, the message comes again and finds the entry. So the start
    /// doesn't depend on the entry being new.
    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        let opened = self.ledger.open_fare(&event.data).await?;
        self.collection.start(&event).await?;
        Ok(opened.into())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        Client,
        operation::put_item::{PutItemError, PutItemOutput},
        types::{AttributeValue, error::ConditionalCheckFailedException},
    };
    use aws_sdk_sfn::{
        error::ErrorMetadata,
        operation::start_execution::{StartExecutionError, StartExecutionOutput},
        types::error::ExecutionAlreadyExists,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use contracts::Money;
    use function_testkit::example_payload;
    use jiff::Timestamp;

    use super::*;

    async fn receive(ledger: &Rule, collection: &Rule, ride: RideCompleted) -> Result<Effect, Failure> {
        let ledger =
            Ledger::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [ledger]), "ledger".into());
        let client = mock_client!(aws_sdk_sfn, RuleMode::MatchAny, [collection]);
        let event = Event::new("/test", Timestamp::now(), ride.ride.into(), ride);
        OpenFare::new(ledger, FareCollection::new(client, "machine".into())).receive(event).await
    }

    fn ride() -> RideCompleted {
        let fare = Money::parse("256.50").unwrap();
        RideCompleted { fare, ..example_payload("envelope/ride-completed.json") }
    }

    fn opened() -> Rule {
        mock!(Client::put_item).then_output(|| PutItemOutput::builder().build())
    }

    fn opened_before() -> Rule {
        mock!(Client::put_item).then_error(|| {
            PutItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build())
        })
    }

    fn started() -> Rule {
        mock!(aws_sdk_sfn::Client::start_execution).then_output(|| {
            let date = aws_sdk_sfn::primitives::DateTime::from_secs(0);
            StartExecutionOutput::builder().execution_arn("e").start_date(date).build().unwrap()
        })
    }

    #[tokio::test]
    async fn the_ledger_gets_the_exact_fare_under_the_rides_id() {
        let ride = ride();
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
        assert_eq!((receive(&rule, &started(), ride).await, rule.num_calls()), (Ok(Effect::Made), 1));
    }

    #[tokio::test]
    async fn the_collection_is_named_after_the_ride_and_gets_the_exact_fare() {
        let ride = ride();
        let id = ride.ride.to_string();
        let rule = mock!(aws_sdk_sfn::Client::start_execution)
            .match_requests(move |start| {
                let input: serde_json::Value = serde_json::from_str(start.input().unwrap()).unwrap();
                start.name() == Some(&id)
                    && start.state_machine_arn() == Some("machine")
                    && (input["fareId"].as_str(), input["amount"].as_str()) == (Some(&id), Some("256.50"))
                    && ["customer", "correlationId", "traceparent"].iter().all(|f| input[f].is_string())
            })
            .then_output(|| {
                let date = aws_sdk_sfn::primitives::DateTime::from_secs(0);
                StartExecutionOutput::builder().execution_arn("e").start_date(date).build().unwrap()
            });
        receive(&opened(), &rule, ride).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_redelivery_starts_what_a_crash_left_unstarted() {
        let started = started();
        let effect = receive(&opened_before(), &started, ride()).await;
        assert_eq!((effect, started.num_calls()), (Ok(Effect::Duplicate), 1));
    }

    #[tokio::test]
    async fn a_collection_that_was_started_before_is_no_failure() {
        let rule = mock!(aws_sdk_sfn::Client::start_execution).then_error(|| {
            StartExecutionError::ExecutionAlreadyExists(ExecutionAlreadyExists::builder().build())
        });
        assert_eq!(receive(&opened_before(), &rule, ride()).await, Ok(Effect::Duplicate));
    }

    #[tokio::test]
    async fn a_collection_that_can_not_be_started_keeps_the_message() {
        let rule = mock!(aws_sdk_sfn::Client::start_execution).then_error(|| {
            StartExecutionError::generic(ErrorMetadata::builder().code("StateMachineDoesNotExist").build())
        });
        let failure = receive(&opened(), &rule, ride()).await.unwrap_err();
        assert!(failure.is_retryable());
    }
}
