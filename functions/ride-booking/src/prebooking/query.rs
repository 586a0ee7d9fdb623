//! Answers queries for a prebooking's status.

use contracts::PrebookingId;
use lambda_messaging::api::{self, Problem, Request, Response, StatusCode};
use serde_json::Value;
use tracing::error;

use super::Prebookings;

/// The handler of `GET /query-ride-prebooking/{id}`.
#[derive(Debug)]
pub struct QueryRidePrebooking {
    bookings: Prebookings,
}

impl QueryRidePrebooking {
    /// Looks bookings up here.
    #[must_use]
    pub fn new(bookings: Prebookings) -> Self {
        Self { bookings }
    }

    /// Answers a request.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        api::respond(StatusCode::OK, self.find(request).await)
    }

    async fn find(&self, request: &Request) -> Result<Value, Problem> {
        let id = api::path_parameter(request, "id").and_then(|id| PrebookingId::parse(&id).ok());
        // No prebooking ever has an invalid id.
        let id =
            id.ok_or_else(|| Problem::not_found("a prebooking's id is the UUID that submitting it gave"))?;
        api::set_log_context(id, id);
        match self.bookings.find(id).await {
            Ok(Some(booking)) => Ok(booking),
            Ok(None) => Err(Problem::not_yet(
                "there is no such prebooking; if it was accepted a moment ago, it is still in its queue",
            )),
            Err(failure) => {
                error!(%failure, "not looked up");
                Err(Problem::failure(&failure))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::{
        Client,
        error::ErrorMetadata,
        operation::get_item::{GetItemError, GetItemOutput},
        types::AttributeValue,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use lambda_http::RequestExt;
    use lambda_messaging::item::{self, Item, text};
    use serde_json::json;

    use super::*;

    const ID: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f10";
    const OTHER: &str = "0190c8f4-5f7b-4c3e-8a57-0d6f2b7b9f11";

    async fn query(rules: &[&Rule], id: &str) -> Response<String> {
        let bookings =
            Prebookings::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules), "t".into());
        let path = HashMap::from([("id".to_owned(), id.to_owned())]);
        let request = Request::new("".into()).with_path_parameters(path);
        QueryRidePrebooking::new(bookings).handle(&request).await
    }

    fn body(response: &Response<String>) -> Value {
        serde_json::from_str(response.body()).unwrap()
    }

    fn holding(id: &'static str, found: Option<Item>) -> Rule {
        mock!(Client::get_item)
            .match_requests(move |get| get.key().unwrap()["id"] == text(id))
            .then_output(move || GetItemOutput::builder().set_item(found.clone()).build())
    }

    fn rejected() -> Item {
        let reason =
            |field, rule| AttributeValue::M(item::new([("field", text(field)), ("rule", text(rule))]));
        item::new([
            ("id", text(OTHER)),
            ("status", text("REJECTED")),
            ("correlationId", text("c")),
            ("reasons", AttributeValue::L(vec![reason("to", "is missing"), reason("", "is not JSON")])),
        ])
    }

    #[tokio::test]
    async fn a_repetitions_id_leads_to_the_booking_with_every_reason_and_nothing_internal() {
        let alias = item::new([("id", text(ID)), ("aliasOf", text(OTHER))]);
        let response = query(&[&holding(ID, Some(alias)), &holding(OTHER, Some(rejected()))], ID).await;
        assert_eq!(response.status(), StatusCode::OK);
        let reasons = json!([{"field": "to", "detail": "is missing"}, {"detail": "is not JSON"}]);
        assert_eq!(body(&response), json!({"id": OTHER, "status": "REJECTED", "reasons": reasons}));
    }

    #[tokio::test]
    async fn a_missing_prebooking_may_come_and_an_invalid_id_never_will() {
        let response = query(&[&holding(ID, None)], ID).await;
        assert_eq!(
            (response.status(), &response.headers()["retry-after"]),
            (StatusCode::NOT_FOUND, &"1".parse().unwrap())
        );
        let response = query(&[&holding(ID, None)], "KEY#k").await;
        assert_eq!((response.status(), response.headers().get("retry-after")), (StatusCode::NOT_FOUND, None));
    }

    #[tokio::test]
    async fn trouble_downstream_is_a_503_with_retry_after() {
        let rule = mock!(Client::get_item).then_error(|| {
            GetItemError::generic(ErrorMetadata::builder().code("InternalServerError").build())
        });
        let response = query(&[&rule], ID).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
    }
}
