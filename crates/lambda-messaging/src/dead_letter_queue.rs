//! The dead-letter queue of a stream's consumer. A stream has no queue of its own for what can't be handled.

use aws_sdk_sqs::Client;

use crate::{
    Failure, Function,
    dead_letter_reason::{Attributes, DeadLetterReason, Source},
    failure::Reason,
    function::SettingsError,
};

pub(crate) struct DeadLetterQueue {
    pub sqs: Client,
    pub url: String,
    pub service: &'static str,
}

impl DeadLetterQueue {
    /// The queue that the function's settings name, for what this purpose says.
    pub(crate) fn from_function(function: &Function, purpose: &'static str) -> Result<Self, SettingsError> {
        let [url] = function.settings([("DEAD_LETTER_QUEUE_URL", purpose)])?;
        Ok(Self { sqs: Client::new(function.aws()), url, service: function.service().name })
    }

    /// Sends what can't be handled, which would block everything behind it in the stream.
    pub(crate) async fn send(
        &self,
        body: String,
        failure: &Failure,
        source: Option<Source<'_>>,
    ) -> Result<(), Failure> {
        let Reason { error_type, detail } = failure.reason();
        let mut attributes = Attributes::new();
        let reason = DeadLetterReason { error_type, detail, service: self.service, source };
        reason.add_to(&body, &mut attributes);
        let send = self.sqs.send_message().queue_url(&self.url).message_body(body);
        let sent = send.set_message_attributes(Some(attributes)).send().await;
        sent.map(drop).map_err(|error| Failure::aws("sqs:SendMessage", &error))
    }
}
