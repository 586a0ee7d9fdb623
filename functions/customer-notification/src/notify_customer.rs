//! Tells customers: of a ride the receipt, of its fare whether it was paid.

use jiff::Timestamp;
use messaging::{
    Event, Failure,
    consumer::{Effect, Receiver},
};

use crate::{
    Contacts, Mailer, Notifications, Occasion,
    email::email,
    notifications::{Claim, Ending},
};

/// The receiver of all that customers are told of.
#[derive(Debug)]
pub struct NotifyCustomer {
    contacts: Contacts,
    notifications: Notifications,
    mailer: Mailer,
    currency: String,
}

impl NotifyCustomer {
    /// Looks addresses up, sends, and keeps record.
    #[must_use]
    pub fn new(contacts: Contacts, notifications: Notifications, mailer: Mailer, currency: String) -> Self {
        Self { contacts, notifications, mailer, currency }
    }

    async fn notify(&self, event: &Event<Occasion>) -> Result<Effect, Failure> {
        let Some(address) = self.contacts.email(event.data.customer()).await? else {
            self.notifications.end(&event.id, Ending::NoAddress).await?;
            return Ok(Effect::Nothing("no address on file"));
        };
        let sent = self.mailer.send(&address, &email(&event.data, &self.currency), event).await?;
        self.notifications.end(&event.id, Ending::Sent(&sent)).await?;
        Ok(Effect::Made)
    }
}

impl Receiver for NotifyCustomer {
    type Payload = Occasion;

    async fn receive(&self, event: Event<Occasion>) -> Result<Effect, Failure> {
        if self.notifications.claim(&event.id, event.data.ride(), Timestamp::now()).await? == Claim::Done {
            return Ok(Effect::Duplicate);
        }
        let notified = self.notify(&event).await;
        if notified.is_err() {
            // If that fails too, the claim runs out by itself.
            let _ = self.notifications.release(&event.id).await;
        }
        notified
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::{
            get_item::GetItemOutput,
            put_item::{PutItemError, PutItemOutput},
            update_item::UpdateItemOutput,
        },
        types::error::ConditionalCheckFailedException,
    };
    use aws_sdk_sesv2::{
        error::ErrorMetadata,
        operation::send_email::{SendEmailError, SendEmailOutput},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use domain::RideCompleted;
    use messaging::{event::Payload, once::text};
    use serde_json::json;

    use super::*;

    async fn receive(rules: &[&Rule], ses: &Rule) -> Result<Effect, Failure> {
        let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules);
        let mailer =
            Mailer::new(mock_client!(aws_sdk_sesv2, RuleMode::MatchAny, [ses]), "from@example.com".into());
        let contacts = Contacts::new(dynamodb.clone(), "contacts".into());
        let notifications = Notifications::new(dynamodb, "notifications".into());
        let event = Event::parse(&sent("RideCompleted", &json!(RideCompleted::sample()))).unwrap();
        NotifyCustomer::new(contacts, notifications, mailer, "EUR".into()).receive(event).await
    }

    /// An event as it comes from a topic.
    fn sent(event_type: &str, data: &serde_json::Value) -> String {
        let id = Occasion::read(event_type, &data.to_string()).unwrap().event_id();
        json!({"specversion": "1.0", "id": id, "source": "/test", "type": event_type, "correlationid": "c",
               "time": "2026-11-24T05:00:00Z", "data": data})
        .to_string()
    }

    #[test]
    fn the_outcome_of_a_fare_is_an_occasion_of_its_own() {
        let ride = RideCompleted::sample();
        let mut data = json!({"fare": ride.ride, "customer": "cmr", "amount": "256.50", "reason": "PaymentAuthException"});
        let mut ids = Vec::new();
        for event_type in ["FareCollected", "FareCollectionFailed"] {
            let event = Event::<Occasion>::parse(&sent(event_type, &data)).unwrap();
            assert_eq!(event.data.ride(), ride.ride);
            ids.push(event.id);
        }
        assert!(
            ids[0] != ids[1] && !ids.contains(&ride.ride.to_string()),
            "each has a notification of its own: {ids:?}"
        );
        data["amount"] = json!("-1");
        assert!(Occasion::read("FareCollected", &data.to_string()).is_err());
        assert!(Occasion::read("RideStarted", "{}").is_err());
    }

    fn claimed() -> Rule {
        mock!(aws_sdk_dynamodb::Client::put_item).then_output(|| PutItemOutput::builder().build())
    }

    fn taken(status: &'static str) -> Rule {
        mock!(aws_sdk_dynamodb::Client::put_item).then_error(move || {
            let taken = ConditionalCheckFailedException::builder().item("status", text(status)).build();
            PutItemError::ConditionalCheckFailedException(taken)
        })
    }

    fn address() -> Rule {
        mock!(aws_sdk_dynamodb::Client::get_item)
            .match_requests(|get| get.table_name() == Some("contacts"))
            .then_output(|| GetItemOutput::builder().item("email", text("cmr@example.com")).build())
    }

    fn no_address() -> Rule {
        mock!(aws_sdk_dynamodb::Client::get_item).then_output(|| GetItemOutput::builder().build())
    }

    fn ended(status: &'static str) -> Rule {
        mock!(aws_sdk_dynamodb::Client::update_item)
            .match_requests(move |update| {
                update.expression_attribute_values().unwrap()[":status"] == text(status)
            })
            .then_output(|| UpdateItemOutput::builder().build())
    }

    fn released() -> Rule {
        mock!(aws_sdk_dynamodb::Client::update_item)
            .match_requests(|update| update.update_expression() == Some("SET claimedUntil = :never"))
            .then_output(|| UpdateItemOutput::builder().build())
    }

    fn ses() -> Rule {
        mock!(aws_sdk_sesv2::Client::send_email)
            .match_requests(|send| {
                let to = send.destination().unwrap().to_addresses();
                send.from_email_address() == Some("from@example.com") && to == ["cmr@example.com"]
            })
            .then_output(|| SendEmailOutput::builder().message_id("ses-1").build())
    }

    #[tokio::test]
    async fn a_receipt_goes_to_the_address_on_file() {
        let (ended, ses) = (ended("SENT"), ses());
        assert_eq!(receive(&[&claimed(), &address(), &ended], &ses).await, Ok(Effect::Made));
        assert_eq!((ses.num_calls(), ended.num_calls()), (1, 1));
    }

    #[tokio::test]
    async fn no_address_on_file_is_no_error() {
        let (ended, ses) = (ended("NO_ADDRESS"), ses());
        let effect = receive(&[&claimed(), &no_address(), &ended], &ses).await;
        assert_eq!(effect, Ok(Effect::Nothing("no address on file")));
        assert_eq!((ses.num_calls(), ended.num_calls()), (0, 1));
    }

    #[tokio::test]
    async fn what_was_sent_is_not_sent_again() {
        let ses = ses();
        assert_eq!(receive(&[&taken("SENT"), &address()], &ses).await, Ok(Effect::Duplicate));
        assert_eq!(ses.num_calls(), 0);
    }

    #[tokio::test]
    async fn what_another_delivery_is_sending_waits() {
        let ses = ses();
        let failure = receive(&[&taken("SENDING"), &address()], &ses).await.unwrap_err();
        assert!(failure.may_be_retried());
        assert_eq!(ses.num_calls(), 0);
    }

    #[tokio::test]
    async fn an_email_that_ses_rejects_is_rejected_for_good_and_its_address_not_told() {
        let ses = mock!(aws_sdk_sesv2::Client::send_email).then_error(|| {
            let error =
                ErrorMetadata::builder().code("MessageRejected").message("cmr@example.com is not verified");
            SendEmailError::generic(error.build())
        });
        let failure = receive(&[&claimed(), &address(), &released()], &ses).await.unwrap_err();
        assert!(!failure.may_be_retried() && !failure.to_string().contains("cmr@"), "{failure}");
    }

    #[tokio::test]
    async fn trouble_gives_the_claim_up_so_that_the_next_delivery_can_send() {
        let ses = mock!(aws_sdk_sesv2::Client::send_email).then_error(|| {
            SendEmailError::generic(ErrorMetadata::builder().code("TooManyRequestsException").build())
        });
        let released = released();
        let failure = receive(&[&claimed(), &address(), &released], &ses).await.unwrap_err();
        assert!(failure.may_be_retried());
        assert_eq!(released.num_calls(), 1);
    }
}
