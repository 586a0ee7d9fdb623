//! Request-response between queues: the requester says where the answer goes (the return address), so that a responder
//! knows nobody who may ask.

use std::fmt;

use aws_sdk_sqs::Client;

use crate::Failure;

/// The queues that answers may go to. A return address stands in a message, and whoever can write a message could have
/// answers sent anywhere: so none is taken at its word.
#[derive(Debug)]
pub struct ReturnAddresses {
    client: Client,
    allowed: Vec<String>,
}

/// A return address that answers may go to.
#[derive(Debug, Clone, Copy)]
pub struct ReturnAddress<'a> {
    client: &'a Client,
    queue_url: &'a str,
}

impl ReturnAddresses {
    /// These queues' URLs, separated by commas, and no other.
    #[must_use]
    pub fn new(client: Client, urls: &str) -> Self {
        Self { client, allowed: urls.split(',').map(str::to_owned).collect() }
    }

    /// A return address as a request gives it.
    ///
    /// # Errors
    /// Permanent `ForeignReturnAddress` if it is none of those allowed.
    pub fn check(&self, address: &str) -> Result<ReturnAddress<'_>, Failure> {
        let queue_url = self.allowed.iter().find(|allowed| *allowed == address).ok_or_else(|| {
            let detail = "the return address is not one of the queues that answers may go to";
            Failure::permanent("ForeignReturnAddress", detail)
        })?;
        Ok(ReturnAddress { client: &self.client, queue_url })
    }
}

impl ReturnAddress<'_> {
    /// Sends an answer there.
    pub async fn answer(self, body: impl fmt::Display) -> Result<(), Failure> {
        let send = self.client.send_message().queue_url(self.queue_url).message_body(body.to_string());
        let sent = send.send().await.map_err(|error| Failure::aws("sqs:SendMessage", &error));
        sent.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::operation::send_message::SendMessageOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    const OURS: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/responses";

    #[tokio::test]
    async fn an_answer_goes_where_the_request_says_if_that_is_ours() {
        let rule = mock!(Client::send_message)
            .match_requests(|send| send.queue_url() == Some(OURS) && send.message_body() == Some("yes"))
            .then_output(|| SendMessageOutput::builder().build());
        let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&rule]);
        let addresses = ReturnAddresses::new(client, &format!("https://other/queue,{OURS}"));
        addresses.check(OURS).unwrap().answer("yes").await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[test]
    fn any_other_address_is_refused_for_good() {
        let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, []);
        let addresses = ReturnAddresses::new(client, OURS);
        let longer = format!("{OURS}-2");
        let other_account = OURS.replace("123456789012", "210987654321");
        for foreign in ["", "https://example.com", &longer, &other_account, &OURS.to_uppercase()] {
            let failure = addresses.check(foreign).unwrap_err();
            assert_eq!(
                (failure.reason().error_type.as_str(), failure.is_retryable()),
                ("ForeignReturnAddress", false)
            );
        }
    }
}
