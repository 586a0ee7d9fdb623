//! SES reports an e-mail that came back for good, or a complaint: the address gets no more e-mail.

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
    /// One after the other: two reports on one e-mail are rare, and a batch is small.
    async fn receive_messages(&self, messages: &[Message<'_>]) -> Vec<Result<Effect, Failure>> {
        let mut results = Vec::with_capacity(messages.len());
        for message in messages {
            results.push(self.record(message).await);
        }
        results
    }
}

#[cfg(test)]
mod tests;
