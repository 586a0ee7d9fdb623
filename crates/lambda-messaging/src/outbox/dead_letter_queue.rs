//! The dead-letter queue of an outbox.

use aws_sdk_sqs::Client;
use tracing::error;

use super::Row;
use crate::{
    Failure,
    dead_letter_reason::{Attributes, DeadLetterReason},
    failure::Reason,
    json,
};

pub(super) struct DeadLetterQueue {
    pub sqs: Client,
    pub url: String,
    pub service: &'static str,
}

impl DeadLetterQueue {
    /// Dead-letters a row, which would block every row behind it in the stream.
    pub(super) async fn take(&self, row: &Row, failure: &Failure) -> Result<(), Failure> {
        let row = json::write(&row.0).unwrap_or_default();
        let Reason { error_type, detail } = failure.reason();
        let mut attributes = Attributes::new();
        let reason = DeadLetterReason { error_type, detail, service: self.service, source: None };
        reason.add_to(&row, &mut attributes);
        let send = self.sqs.send_message().queue_url(&self.url).message_body(row);
        let sent = send.set_message_attributes(Some(attributes)).send().await;
        sent.map_err(|error| Failure::aws("sqs:SendMessage", &error))?;
        error!(%failure, outcome = "dead-lettered", "a row that can't be published");
        Ok(())
    }
}
