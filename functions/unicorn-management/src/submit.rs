//! Takes a ride completion: checks it, stores it, accepts it.

use contracts::RideId;
use lambda_messaging::{
    api::{self, Problem, Request, Response, StatusCode},
    idempotency_key::Key,
    idempotent_write,
};
use serde_json::json;
use tracing::error;

use crate::{
    RideCompletion,
    rides::{NewRide, Rides, reported},
};

/// The handler of `POST /submit-ride-completion`.
#[derive(Debug)]
pub struct SubmitRideCompletion {
    rides: Rides,
}

impl SubmitRideCompletion {
    /// Stores rides here.
    #[must_use]
    pub fn new(rides: Rides) -> Self {
        Self { rides }
    }

    /// Answers a request.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        api::respond(StatusCode::CREATED, self.accept(request).await.map(|ride| json!({ "id": ride })))
    }

    async fn accept(&self, request: &Request) -> Result<RideId, Problem> {
        let key = api::idempotency_key(request)?;
        let fields = api::json_object(api::json_body(request)?)?;
        let completion = RideCompletion::parse(&fields).map_err(|faults| Problem::invalid(&faults))?;

        let id = RideId::new();
        let correlation_id = api::correlation_id(request).unwrap_or_else(|| id.into());
        api::set_log_context(id, &correlation_id);
        let ride = completion.into_event(id);
        let key = key.map(|key| Key::new(&api::caller(request), &key, reported(&ride)));
        let new = NewRide { ride, key, correlation_id, trace_parent: api::trace_parent(request) };
        match self.rides.store(new).await {
            Ok(ride) => Ok(ride),
            Err(failure) if idempotent_write::is_conflict(&failure) => {
                let detail = "the Idempotency-Key was used before with another ride";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
            }
            Err(failure) => {
                error!(%failure, "not stored");
                Err(Problem::failure(&failure))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        Client,
        error::ErrorMetadata,
        operation::{
            put_item::{PutItemInput, PutItemOutput},
            transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput},
        },
        types::{AttributeValue, CancellationReason, error::TransactionCanceledException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use lambda_messaging::item;
    use serde_json::Value;

    use super::*;

    const RIDE: &str =
        r#"{"from":"Berlin","to":"Frankfurt","duration":420,"distance":600,"customer":"cmr","fare":256.50}"#;

    fn request(body: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::new(body.into());
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        for (name, value) in headers {
            let name: lambda_http::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    }

    fn submit(rule: &Rule) -> SubmitRideCompletion {
        let client: Client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]);
        SubmitRideCompletion::new(Rides::new(client, "rides".into(), "keys".into()))
    }

    fn storing(check: impl Fn(&PutItemInput) -> bool + Send + Sync + 'static) -> Rule {
        mock!(Client::put_item).match_requests(check).then_output(|| PutItemOutput::builder().build())
    }

    fn body(response: &Response<String>) -> Value {
        serde_json::from_str(response.body()).unwrap()
    }

    #[tokio::test]
    async fn a_sound_ride_is_stored_with_an_exact_fare() {
        let rule = storing(|put| {
            let item = put.item().unwrap();
            item["fare"] == AttributeValue::N("256.5".into())
                && item["customer"] == AttributeValue::S("cmr".into())
        });
        let response = submit(&rule).handle(&request(RIDE, &[])).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        assert!(RideId::parse(body(&response)["id"].as_str().unwrap()).is_ok());
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn nothing_is_stored_of_a_bad_request() {
        let rule = storing(|_| true);
        let submit = submit(&rule);
        let huge = format!(r#"{{"from":"{}"}}"#, "x".repeat(9000));
        for (status, bad) in [
            (400, request("", &[])),
            (400, request("{", &[])),
            (400, request(r#"{"fare":1,"fare":2}"#, &[])),
            (400, request(RIDE, &[("idempotency-key", "no blanks")])),
            (413, request(&huge, &[])),
            (415, request(RIDE, &[("content-type", "text/plain")])),
            (422, request("{}", &[])),
            (422, request(&RIDE.replace("256.50", "-1"), &[])),
            (422, request(&RIDE.replace("256.50", "1e30"), &[])),
            (422, request(&RIDE.replace("256.50", r#""NaN""#), &[])),
        ] {
            let response = submit.handle(&bad).await;
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(body(&response)["status"], status);
        }
        assert_eq!(rule.num_calls(), 0);
    }

    #[tokio::test]
    async fn a_problem_names_every_field_at_fault() {
        let response = submit(&storing(|_| true)).handle(&request(r#"{"fare":"x","a/b":1}"#, &[])).await;
        let errors = body(&response)["errors"].clone();
        let pointers: Vec<_> =
            errors.as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
        assert_eq!(
            pointers,
            ["#/a~1b", "#/from", "#/to", "#/duration", "#/distance", "#/customer", "#/fare"]
        );
    }

    async fn refused(code: &'static str) -> Response<String> {
        let rule = mock!(Client::transact_write_items).then_error(move || {
            TransactWriteItemsError::generic(ErrorMetadata::builder().code(code).build())
        });
        submit(&rule).handle(&request(RIDE, &[("idempotency-key", "k")])).await
    }

    #[tokio::test]
    async fn trouble_downstream_is_a_503_with_retry_after() {
        for code in ["InternalServerError", "ThrottlingException"] {
            let response = refused(code).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()["retry-after"], "1");
        }
    }

    #[tokio::test]
    async fn a_request_that_can_never_be_stored_is_a_500_and_not_a_conflict() {
        let response = refused("ValidationException").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key("retry-after") && !response.body().contains("Key"));
    }

    const FIRST: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

    fn signed(ride: &str, caller: &str) -> Request {
        let event = json!({
            "resource": "/", "path": "/", "httpMethod": "POST", "body": ride, "isBase64Encoded": false,
            "headers": {"content-type": "application/json", "idempotency-key": "k"},
            "multiValueHeaders": {"content-type": ["application/json"], "idempotency-key": ["k"]},
            "requestContext": {"httpMethod": "POST", "path": "/", "stage": "test", "identity": {"caller": caller}},
        });
        lambda_http::request::from_str(&event.to_string()).unwrap()
    }

    /// A table of keys in which a caller's `k` stands for the first ride.
    fn stored(caller: &'static str) -> Rule {
        let completion = RideCompletion::parse(&api::json_object(RIDE).unwrap()).unwrap();
        let key = lambda_messaging::IdempotencyKey::parse("k").unwrap();
        let Key { entry, digest } = Key::new(caller, &key, reported(&completion.into_event(RideId::new())));
        mock!(Client::transact_write_items)
            .match_requests(move |transact| {
                let key = transact.transact_items()[0].put().unwrap();
                key.item()["id"] == AttributeValue::S(entry.clone())
            })
            .then_error(move || {
                let text = |value: &str| AttributeValue::S(value.to_owned());
                let entry = [("row", text(FIRST)), ("digest", text(&digest))];
                let entry = item::new(entry);
                let taken =
                    CancellationReason::builder().code("ConditionalCheckFailed").set_item(Some(entry));
                let cancelled = TransactionCanceledException::builder()
                    .cancellation_reasons(taken.build())
                    .cancellation_reasons(CancellationReason::builder().code("None").build());
                TransactWriteItemsError::TransactionCanceledException(cancelled.build())
            })
    }

    #[tokio::test]
    async fn the_same_key_and_ride_get_the_first_answer_again() {
        for ride in [RIDE.to_owned(), RIDE.replace("256.50", r#""256.5""#).replace("600", "6.0e2")] {
            let response = submit(&stored("AIDA")).handle(&signed(&ride, "AIDA")).await;
            assert_eq!(response.status(), StatusCode::CREATED, "{ride}");
            assert_eq!(body(&response)["id"], FIRST, "{ride}");
        }
    }

    #[tokio::test]
    async fn the_same_key_with_another_ride_is_refused() {
        let other = RIDE.replace("256.50", "256.51");
        let response = submit(&stored("AIDA")).handle(&signed(&other, "AIDA")).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[tokio::test]
    async fn the_same_key_of_another_caller_is_another_key() {
        let new = mock!(Client::transact_write_items)
            .match_requests(|transact| {
                let key = transact.transact_items()[0].put().unwrap();
                key.item()["id"] == AttributeValue::S("KEY#AROA#k".into())
            })
            .then_output(|| TransactWriteItemsOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&stored("AIDA"), &new]);
        let submit = SubmitRideCompletion::new(Rides::new(client, "rides".into(), "keys".into()));
        let response = submit.handle(&signed(RIDE, "AROA:session")).await;
        assert_eq!((response.status(), new.num_calls()), (StatusCode::CREATED, 1));
        assert_ne!(body(&response)["id"], FIRST);
    }
}
