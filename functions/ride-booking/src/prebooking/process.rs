//! Decides on submitted prebookings. This is the slow part, so it runs at a bounded concurrency: a campaign makes its queue longer, and
//! its load no higher.

use contracts::{PrebookingRejected, PrebookingSubmitted};
use jiff::Timestamp;
use lambda_messaging::{
    Effect, Event, EventError, EventPayload, Failure, Fault, IncomingPayload, consumer::Receiver, json,
};

use super::{Prebookings, bookings::Decision};

/// The receiver of submitted prebookings.
#[derive(Debug)]
pub struct ProcessRidePrebooking {
    bookings: Prebookings,
}

impl ProcessRidePrebooking {
    /// Decides on the bookings in this table.
    #[must_use]
    pub fn new(bookings: Prebookings) -> Self {
        Self { bookings }
    }
}

/// The topic's events about a prebooking. The subscription's filter passes submitted ones only, but SNS may take a quarter of an hour
/// to apply a filter, so rejected ones may come too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrebookingEvent {
    /// The prebooking awaits its decision.
    Submitted(PrebookingSubmitted),
    /// The prebooking was rejected on submission.
    Rejected(PrebookingRejected),
}

impl Receiver for ProcessRidePrebooking {
    type Payload = PrebookingEvent;

    async fn receive(&self, event: Event<PrebookingEvent>) -> Result<Effect, Failure> {
        match event.data {
            PrebookingEvent::Submitted(booking) => {
                let decision = decide(&booking, Timestamp::now());
                Ok(self.bookings.decide(booking.prebooking, &decision).await?.into())
            }
            PrebookingEvent::Rejected(_) => Ok(Effect::Nothing("it was rejected at once")),
        }
    }
}

impl IncomingPayload for PrebookingEvent {
    fn read(event_type: &str, data: &str) -> Result<Self, EventError> {
        match event_type {
            PrebookingSubmitted::TYPE => json::read(data).map(Self::Submitted),
            PrebookingRejected::TYPE => json::read(data).map(Self::Rejected),
            _ => Err(EventError::unexpected_type(&[PrebookingSubmitted::TYPE, PrebookingRejected::TYPE])),
        }
    }

    fn event_id(&self) -> String {
        match self {
            Self::Submitted(submitted) => submitted.id(),
            Self::Rejected(rejected) => rejected.id(),
        }
    }
}

/// Confirms a ride unless its time passed while the prebooking waited.
fn decide(booking: &PrebookingSubmitted, now: Timestamp) -> Decision {
    if booking.when > now {
        Decision::Confirmed
    } else {
        let rule = "had passed before the prebooking's turn came".to_owned();
        Decision::Rejected(vec![Fault { field: "when".to_owned(), rule }])
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        Client,
        operation::update_item::{UpdateItemError, UpdateItemOutput},
        types::error::ConditionalCheckFailedException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use contracts::{CustomerId, Place, PrebookingId};
    use lambda_messaging::CorrelationId;
    use lambda_messaging::item::{self, text};

    use super::*;

    async fn receive(rule: &Rule, when: &str) -> Result<Effect, Failure> {
        let prebooking = PrebookingId::parse("0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10").unwrap();
        let data = PrebookingSubmitted {
            prebooking,
            customer: CustomerId::parse("cmr").unwrap(),
            from: Place::parse("Berlin").unwrap(),
            to: Place::parse("Bonn").unwrap(),
            when: when.parse().unwrap(),
        };
        let bookings =
            Prebookings::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), "t".into());
        let event = Event::new("/test", Timestamp::now(), CorrelationId::parse("c").unwrap(), data);
        let event = Event::parse(&event.to_json().unwrap()).unwrap();
        ProcessRidePrebooking::new(bookings).receive(event).await
    }

    fn deciding(status: &'static str) -> Rule {
        mock!(Client::update_item)
            .match_requests(move |update| {
                update.expression_attribute_values().unwrap()[":status"] == text(status)
                    && update.condition_expression() == Some("#status = :submitted")
            })
            .then_output(|| UpdateItemOutput::builder().build())
    }

    fn found(status: Option<&'static str>) -> Rule {
        mock!(Client::update_item).then_error(move || {
            let found = status.map(|status| item::new([("status", text(status))]));
            let failed = ConditionalCheckFailedException::builder().set_item(found).build();
            UpdateItemError::ConditionalCheckFailedException(failed)
        })
    }

    #[tokio::test]
    async fn a_ride_in_the_future_is_confirmed_and_one_in_the_past_is_rejected() {
        assert_eq!(receive(&deciding("CONFIRMED"), "2999-01-01T00:00:00Z").await, Ok(Effect::Made));
        assert_eq!(receive(&deciding("REJECTED"), "2020-01-01T00:00:00Z").await, Ok(Effect::Made));
    }

    #[tokio::test]
    async fn a_rejected_prebooking_is_ignored_even_if_the_filter_passes_it() {
        let prebooking = PrebookingId::parse("0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10").unwrap();
        let data = PrebookingRejected { prebooking, reasons: vec![] };
        let event = Event::new("/test", Timestamp::now(), CorrelationId::parse("c").unwrap(), data);
        let (event, deciding) = (Event::parse(&event.to_json().unwrap()).unwrap(), deciding("CONFIRMED"));
        let bookings =
            Prebookings::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&deciding]), "t".into());
        let received = ProcessRidePrebooking::new(bookings).receive(event).await;
        assert!(matches!(received, Ok(Effect::Nothing(_))), "{received:?}");
        assert_eq!(deciding.num_calls(), 0);
    }

    #[tokio::test]
    async fn a_decision_is_made_once_and_about_what_there_is() {
        assert_eq!(receive(&found(Some("CONFIRMED")), "2999-01-01T00:00:00Z").await, Ok(Effect::Duplicate));
        let failure = receive(&found(None), "2999-01-01T00:00:00Z").await.unwrap_err();
        assert_eq!(
            (failure.reason().error_type.as_str(), failure.is_retryable()),
            ("UnknownPrebooking", false)
        );
    }
}
