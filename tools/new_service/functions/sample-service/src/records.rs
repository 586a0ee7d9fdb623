//! The table of recorded events.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Failure,
    idempotent_write::{self, Written},
    item::{self, text},
};

/// The `SampleService` table.
#[derive(Debug)]
pub struct Records {
    client: Client,
    table: String,
}

impl Records {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Records an event, unless an earlier delivery did.
    pub(crate) async fn add(&self, event: &str) -> Result<Written, Failure> {
        let record = item::new([("eventId", text(event))]);
        idempotent_write::put(&self.client, &self.table, "eventId", record).await
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn an_event_is_recorded_under_its_id() {
        let rule = mock!(Client::put_item)
            .match_requests(|put| put.item().unwrap()["eventId"] == text("e-1"))
            .then_output(|| PutItemOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        assert_eq!(Records::new(client, "records".into()).add("e-1").await, Ok(Written::Inserted));
    }
}
