//! E-mail through Amazon SES.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader},
};
use lambda_messaging::{Event, Failure, Function, unknown_outcome};

use crate::email::Email;

/// Sends e-mails from one address.
#[derive(Debug)]
pub struct Mailer {
    client: Client,
    sender: String,
}

/// Why there is no e-mail that SES has taken for certain.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// SES didn't take it.
    Certainly(Failure),
    /// SES may have taken it: its answer is late, or was lost.
    Perhaps(Failure),
}

/// How long SES is waited for. An answer that is later than this is as good as none.
pub(crate) const SES_ANSWERS_WITHIN: Duration = Duration::from_secs(5);

impl Mailer {
    /// Sends from this address, by this function. SES knows no idempotency key, so its client never tries again by itself.
    #[must_use]
    pub fn new(function: &Function, sender: String) -> Self {
        Self::with(Client::new(&function.aws_without_retries(SES_ANSWERS_WITHIN)), sender)
    }

    pub(crate) fn with(client: Client, sender: String) -> Self {
        Self { client, sender }
    }

    /// Sends an e-mail and gives SES's id of it. The event's id goes along as a header, by which people find out whether
    /// an e-mail was sent; and so does the correlation id, by which we find everything that the e-mail follows from.
    pub(crate) async fn send<T>(&self, to: &str, email: &Email, event: &Event<T>) -> Result<String, NotSent> {
        let message = message(email, event).map_err(NotSent::Certainly)?;
        let send = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build());
        match send.send().await {
            Ok(sent) => Ok(sent.message_id.unwrap_or_default()),
            Err(error) if unknown_outcome::may_have_happened(&error) => {
                Err(NotSent::Perhaps(Failure::aws("ses:SendEmail", &error)))
            }
            Err(error) => Err(NotSent::Certainly(match error.as_service_error() {
                // For everybody, until somebody resumes it: to be waited out like a quota.
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
