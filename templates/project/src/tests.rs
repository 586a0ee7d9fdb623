//! The receiver with a mocked client.

use aws_sdk_dynamodb::{
    operation::put_item::{PutItemError, PutItemOutput},
    types::error::ConditionalCheckFailedException,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::json;

use super::*;

async fn receive(amount: u32, rule: Rule) -> Result<Effect, Failure> {
    let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&rule]);
    let event = json!({
        "specversion": "1.0", "type": "{{event}}", "source": "/tests", "id": "e-1", "correlationid": "c-1",
        "time": "2026-01-01T00:00:00Z", "data": {"id": "e-1", "amount": amount},
    });
    let event = Event::parse(&event.to_string()).unwrap();
    Record { client, table: "effects".to_owned() }.receive(event).await
}

#[tokio::test]
async fn an_event_is_recorded_unless_its_id_is_taken() {
    let put = mock!(Client::put_item)
        .match_requests(|put| {
            put.table_name() == Some("effects")
                && put.condition_expression() == Some("attribute_not_exists(#key)")
                && put.item().is_some_and(|item| item["id"] == text("e-1") && item["amount"] == number(3))
        })
        .then_output(|| PutItemOutput::builder().build());
    assert_eq!(receive(3, put).await, Ok(Effect::Made));
}

#[tokio::test]
async fn an_event_that_comes_again_changes_nothing() {
    let taken = mock!(Client::put_item).then_error(|| {
        let stored = item::new([("id", text("e-1")), ("amount", number(3))]);
        let taken = ConditionalCheckFailedException::builder().set_item(Some(stored)).build();
        PutItemError::ConditionalCheckFailedException(taken)
    });
    assert_eq!(receive(3, taken).await, Ok(Effect::Duplicate));
}

#[tokio::test]
async fn an_event_without_an_amount_is_refused_for_good() {
    let never = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let failure = receive(0, never.clone()).await.unwrap_err();
    assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), ("NoAmount", false));
    assert_eq!(never.num_calls(), 0);
}
