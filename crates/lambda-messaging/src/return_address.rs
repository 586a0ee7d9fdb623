//! Request-reply between queues: each request carries a return address, the queue that its answer goes to. So a responder needs to
//! know none of its requesters.
//!
//! ```no_run
//! use lambda_messaging::{
//!     Failure,
//!     return_address::{ReturnAddress, ReturnAddresses},
//! };
//!
//! # async fn example(client: aws_sdk_sqs::Client, reply_to: &str) -> Result<(), Failure> {
//! let answers = "https://sqs.eu-west-1.amazonaws.com/123456789012/answers";
//! let addresses = ReturnAddresses::new(client, answers);
//! let address: ReturnAddress<'_> = addresses.check(reply_to)?;
//! address.answer("in stock").await?;
//! # Ok(())
//! # }
//! ```

use std::fmt;

use aws_sdk_sqs::Client;

use crate::Failure;

/// The queues that answers may go to. A return address is part of a message, so every sender of a message could have answers sent to
/// any queue if it weren't checked.
#[derive(Debug)]
pub struct ReturnAddresses {
    client: Client,
    allowed: Vec<String>,
}

/// A checked return address.
#[derive(Debug, Clone, Copy)]
pub struct ReturnAddress<'a> {
    client: &'a Client,
    queue_url: &'a str,
}

impl ReturnAddresses {
    /// Allows only these queues, given as URLs separated by commas.
    #[must_use]
    pub fn new(client: Client, urls: &str) -> Self {
        Self { client, allowed: urls.split(',').map(str::to_owned).collect() }
    }

    /// Checks the return address of a request.
    ///
    /// # Errors
    /// Permanent `ForeignReturnAddress` if the queue is not allowed.
    pub fn check(&self, address: &str) -> Result<ReturnAddress<'_>, Failure> {
        let queue_url = self.allowed.iter().find(|allowed| *allowed == address).ok_or_else(|| {
            let detail = "the return address is not one of the queues that answers may go to";
            Failure::permanent("ForeignReturnAddress", detail)
        })?;
        Ok(ReturnAddress { client: &self.client, queue_url })
    }
}

impl ReturnAddress<'_> {
    /// Sends an answer to this address.
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
    async fn an_answer_goes_to_an_allowed_return_address() {
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
