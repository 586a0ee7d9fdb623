//! SES reports an e-mail that came back for good, or a complaint: the address gets no more e-mail.

use futures_util::future::join_all;
use lambda_messaging::{
    Effect, Failure,
    consumer::{Message, MessageReceiver},
};

use crate::{Contacts, feedback::Feedback};

/// The receiver of SES's reports.
#[derive(Debug)]
pub struct RecordEmailFeedback {
    contacts: Contacts,
}

impl RecordEmailFeedback {
    /// Marks addresses in these contacts.
    #[must_use]
    pub fn new(contacts: Contacts) -> Self {
        Self { contacts }
    }

    async fn record(&self, message: &Message<'_>) -> Result<Effect, Failure> {
        match Feedback::parse(message.body)? {
            Feedback::Failing(address) => self.contacts.mark_failing(&address).await,
            Feedback::Harmless(why) => Ok(Effect::Nothing(why)),
        }
    }
}

impl MessageReceiver for RecordEmailFeedback {
    /// Handles all at once, so that slow calls don't add up to more time than the batch has. The order doesn't matter, because each
    /// update is conditional.
    async fn receive_messages(&self, messages: &[Message<'_>]) -> Vec<Result<Effect, Failure>> {
        join_all(messages.iter().map(|message| self.record(message))).await
    }
}

#[cfg(test)]
mod tests;
