//! E-mail through Amazon SES.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use contracts::CustomerId;
use lambda_messaging::{Event, Failure, Function, unknown_outcome};

use crate::{email::Email, feedback::CUSTOMER_TAG};

/// Sends e-mails from one address.
#[derive(Debug)]
pub struct Mailer {
    client: Client,
    sender: String,
    configuration_set: String,
}

/// An e-mail that SES didn't confirm.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// SES didn't accept the e-mail.
    Certainly(Failure),
    /// SES may have accepted the e-mail: its answer is late or lost.
    Perhaps(Failure),
}

/// The time to wait for SES. A later answer counts as lost.
pub(crate) const SES_ANSWERS_WITHIN: Duration = Duration::from_secs(5);

impl Mailer {
    /// Sends e-mails from this address. SES knows no idempotency keys, so the client never retries. The configuration set names the
    /// receiver of SES's reports on the e-mails.
    #[must_use]
    pub fn new(function: &Function, sender: String, configuration_set: String) -> Self {
        let client = Client::new(&function.aws_without_retries(SES_ANSWERS_WITHIN));
        Self { client, sender, configuration_set }
    }

    /// Sends an e-mail; returns SES's id of the e-mail. Its headers contain the event's id, by which people can find out whether it was
    /// sent, and the correlation id, which leads to everything that belongs to the same request. The customer is a tag, which SES
    /// repeats in its reports, and nowhere else.
    pub(crate) async fn send<T>(
        &self,
        customer: &CustomerId,
        to: &str,
        email: &Email,
        event: &Event<T>,
    ) -> Result<String, NotSent> {
        let message = message(email, event).map_err(NotSent::Certainly)?;
        let tag = MessageTag::builder().name(CUSTOMER_TAG).value(customer.to_string()).build();
        let tag = tag.map_err(|error| NotSent::Certainly(Failure::permanent("InvalidEmail", error)))?;
        let send = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .configuration_set_name(&self.configuration_set)
            .email_tags(tag)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build());
        match send.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(error) if unknown_outcome::may_have_happened(&error) => {
                Err(NotSent::Perhaps(Failure::aws("ses:SendEmail", &error)))
            }
            Err(error) => Err(NotSent::Certainly(match error.as_service_error() {
                // The whole account can't send until a person resumes it, so the message waits as for a quota.
                Some(SendEmailError::SendingPausedException(_)) => {
                    Failure::throttled("SendingPausedException", "the account's sending is paused")
                }
                _ => Failure::aws("ses:SendEmail", &error),
            })),
        }
    }
}

fn message<T>(email: &Email, event: &Event<T>) -> Result<Message, Failure> {
    let invalid = |error| Failure::permanent("InvalidEmail", error);
    let header =
        |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build().map_err(invalid);
    let content = |data: &str| Content::builder().data(data).charset("UTF-8").build().map_err(invalid);
    Ok(Message::builder()
        .subject(content(&email.subject)?)
        .body(Body::builder().text(content(&email.text)?).build())
        .headers(header("X-Entity-Ref-ID", &event.id)?)
        .headers(header("X-Correlation-Id", event.correlationid.as_str())?)
        .build())
}
