//! SES reports an e-mail that came back for good, or a complaint: the address gets no more e-mail.

use lambda_messaging::{Effect, Failure, consumer::Message};

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

    /// Marks the address that a report is about. The order of reports doesn't matter, because each update is conditional.
    pub async fn record(&self, message: Message<'_>) -> Result<Effect, Failure> {
        match Feedback::parse(message.body)? {
            Feedback::Failing(address) => self.contacts.mark_failing(&address).await,
            Feedback::Harmless(why) => Ok(Effect::Nothing(why)),
        }
    }
}

#[cfg(test)]
mod tests;
