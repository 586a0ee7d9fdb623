//! E-mail through Amazon SES.

use aws_sdk_sesv2::{
    Client,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader},
};
use messaging::{Event, Failure};

use crate::email::Email;

/// Sends e-mails from one address.
#[derive(Debug)]
pub struct Mailer {
    client: Client,
    sender: String,
}

impl Mailer {
    /// Sends from this address.
    #[must_use]
    pub fn new(client: Client, sender: String) -> Self {
        Self { client, sender }
    }

    /// Sends an e-mail and gives SES's id of it. The event's id goes along as a header, by which a mail system can
    /// tell the copy that a crash at the worst moment would cause; and so does the correlation id, by which we find
    /// everything that the e-mail follows from.
    pub(crate) async fn send<T>(&self, to: &str, email: &Email, event: &Event<T>) -> Result<String, Failure> {
        let invalid = |error| Failure::permanent("InvalidEmail", error);
        let header = |name: &str, value: &str| {
            MessageHeader::builder().name(name).value(value).build().map_err(invalid)
        };
        let content = |data: &str| Content::builder().data(data).charset("UTF-8").build().map_err(invalid);
        let message = Message::builder()
            .subject(content(&email.subject)?)
            .body(Body::builder().text(content(&email.text)?).build())
            .headers(header("X-Entity-Ref-ID", &event.id)?)
            .headers(header("X-Correlation-Id", event.correlationid.as_str())?)
            .build();
        let send = self
            .client
            .send_email()
            .from_email_address(&self.sender)
            .destination(Destination::builder().to_addresses(to).build())
            .content(EmailContent::builder().simple(message).build());
        let sent = send.send().await.map_err(|error| Failure::aws("ses:SendEmail", &error))?;
        Ok(sent.message_id.unwrap_or_default())
    }
}
