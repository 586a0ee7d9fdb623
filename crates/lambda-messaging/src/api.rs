//! Request-reply at the edge: the checks that every API function makes before it reads a request's content, and the answers to
//! requests that fail them (RFC 9457 problem documents).
//!
//! ```no_run
//! use lambda_messaging::{
//!     FieldReader, Function, Service,
//!     api::{self, Problem, Request, Response, StatusCode},
//! };
//! use lambda_runtime::Error;
//! use serde_json::{Value, json};
//!
//! async fn place_order(request: Request) -> Response<String> {
//!     api::respond(StatusCode::CREATED, order(&request))
//! }
//!
//! fn order(request: &Request) -> Result<Value, Problem> {
//!     let key = api::idempotency_key(request)?;
//!     let fields = api::json_object(api::json_body(request)?)?;
//!     let mut reader = FieldReader::new(&fields, &["article", "count"]);
//!     let article = reader.text("article", |text| Ok::<_, &str>(text.to_owned()));
//!     let count = reader.number("count", str::parse::<u32>);
//!     let (article, count) = reader.finish(article.zip(count)).map_err(|faults| Problem::invalid(&faults))?;
//!     api::set_log_context("o-1", "c-1");
//!     Ok(json!({"order": "o-1", "article": article, "count": count, "repeatable": key.is_some()}))
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     Function::start(Service::new("Shop", "orders")).await;
//!     api::run(place_order).await
//! }
//! ```

mod object;
mod problem;

use std::{fmt::Display, time::Duration};

use jiff::Timestamp;
use lambda_http::{
    Error, RequestExt,
    aws_lambda_events::apigw::ApiGatewayRequestIdentity,
    http::header::{CONTENT_ENCODING, CONTENT_TYPE},
    request::RequestContext,
    service_fn,
};
pub use lambda_http::{Request, Response, http::StatusCode};
use tokio::time::timeout;
use tracing::{
    Instrument, Span, error,
    field::{Empty, display},
    info, info_span,
};

pub use self::{
    object::{canonical, json_object},
    problem::Problem,
};
use crate::{CorrelationId, IdempotencyKey, TraceParent};

/// The time that is reserved for the answer. A function that runs out of time gives none, and API Gateway answers 502.
const RESERVED_FOR_THE_ANSWER: Duration = Duration::from_secs(1);
/// API Gateway stops waiting for a function after 29 s.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(29);

/// Runs an API function. It answers in time even if a service that it calls hangs.
pub async fn run<F: Future<Output = Response<String>> + Send>(
    handler: impl Fn(Request) -> F,
) -> Result<(), Error> {
    lambda_http::run(service_fn(|request| {
        let correlation_id = correlation_id(&request).map(display);
        let span = info_span!("request", event_id = Empty, correlation_id);
        let (time, answer) = (time_limit(&request), handler(request));
        let answered = async move {
            let answer = answer_within(time, answer).await;
            info!(status = answer.status().as_u16(), "answered");
            Ok::<_, Error>(answer)
        };
        answered.instrument(span)
    }))
    .await
}

/// The time until a request must be answered.
fn time_limit(request: &Request) -> Duration {
    let left = request.lambda_context_ref().map(|context| {
        let now = Timestamp::now().as_millisecond().try_into().unwrap_or_default();
        Duration::from_millis(context.deadline.saturating_sub(now))
    });
    left.unwrap_or(GATEWAY_TIMEOUT).min(GATEWAY_TIMEOUT).saturating_sub(RESERVED_FOR_THE_ANSWER)
}

/// Answers 503 if the handler takes too long. The request may have had its effect by then. Its caller finds out by sending it again
/// with the same idempotency key.
async fn answer_within(time: Duration, answer: impl Future<Output = Response<String>>) -> Response<String> {
    timeout(time, answer).await.unwrap_or_else(|_| {
        error!("not answered in time");
        Problem::try_later().into()
    })
}

/// Adds both ids to every later log line of the request.
pub fn set_log_context(event_id: impl Display, correlation_id: impl Display) {
    Span::current().record("event_id", display(event_id)).record("correlation_id", display(correlation_id));
}

/// The body of a JSON request. A request without a `Content-Type` counts as JSON, as it does for API Gateway.
///
/// # Errors
/// 415 for another media type or a `Content-Encoding`; 400 if the body is not UTF-8.
pub fn json_body(request: &Request) -> Result<&str, Problem> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let media_type =
        header(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let coding = header(CONTENT_ENCODING).unwrap_or_default().trim();
    let unsupported = |detail| Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    if !media_type.is_empty() && !media_type.eq_ignore_ascii_case("application/json") {
        unsupported("send the header Content-Type: application/json, and JSON")
    } else if !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
        unsupported("send the body as it is, without a Content-Encoding")
    } else {
        std::str::from_utf8(request.body())
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8 text"))
    }
}

/// The request's `Idempotency-Key`, if it has one.
///
/// # Errors
/// 400 if the key is invalid. Ignoring it would take away the protection that the caller relies on.
pub fn idempotency_key(request: &Request) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = request.headers().get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().map_err(|_| "must be plain text".to_owned());
    match key.and_then(|key| IdempotencyKey::parse(key).map_err(|error| error.to_string())) {
        Ok(key) if values.next().is_none() => Ok(Some(key)),
        Ok(_) => Err(Problem::header("Idempotency-Key", "must be sent once")),
        Err(rule) => Err(Problem::header("Idempotency-Key", &rule)),
    }
}

/// The caller that signed the request; empty if none did.
///
/// ```
/// use lambda_messaging::api::{self, Request};
///
/// assert_eq!(api::caller(&Request::default()), "");
/// ```
#[must_use]
pub fn caller(request: &Request) -> String {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
        return String::new();
    };
    let ApiGatewayRequestIdentity { cognito_identity_id, caller, .. } = &context.identity;
    let of = |id: &Option<String>| id.clone().unwrap_or_default();
    crate::caller(&of(cognito_identity_id), &of(caller)).to_owned()
}

/// The path parameter of this name.
///
/// ```
/// use lambda_http::RequestExt;
/// use lambda_messaging::api::{self, Request};
///
/// let path = [("order".to_owned(), vec!["o-1".to_owned()])];
/// let request = Request::default().with_path_parameters(std::collections::HashMap::from(path));
/// assert_eq!(api::path_parameter(&request, "order").as_deref(), Some("o-1"));
/// ```
#[must_use]
pub fn path_parameter(request: &Request, name: &str) -> Option<String> {
    request.path_parameters().first(name).map(str::to_owned)
}

/// The caller's `X-Correlation-Id`, if it is valid. An invalid one is not an error: the id is only a label.
///
/// ```
/// use lambda_messaging::api::{self, Request};
///
/// let mut request = Request::default();
/// request.headers_mut().insert("x-correlation-id", "c-1".parse().unwrap());
/// assert_eq!(api::correlation_id(&request).unwrap().as_str(), "c-1");
/// ```
#[must_use]
pub fn correlation_id(request: &Request) -> Option<CorrelationId> {
    CorrelationId::parse(request.headers().get("x-correlation-id")?.to_str().ok()?).ok()
}

/// The trace that the request belongs to: the caller's, or a new one.
///
/// ```
/// use lambda_messaging::api::{self, Request};
///
/// let mut request = Request::default();
/// let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// request.headers_mut().insert("traceparent", given.parse().unwrap());
/// assert!(api::trace_parent(&request).to_string().starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
/// ```
#[must_use]
pub fn trace_parent(request: &Request) -> TraceParent {
    let given =
        request.headers().get("traceparent").and_then(|value| TraceParent::parse(value.to_str().ok()?));
    given.map_or_else(TraceParent::start, TraceParent::child)
}

/// The answer to a request: its outcome, or the reason why it was refused.
#[must_use]
pub fn respond(status: StatusCode, outcome: Result<serde_json::Value, Problem>) -> Response<String> {
    match outcome {
        Ok(body) => answer(status, "application/json", &body),
        Err(problem) => problem.into(),
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: &serde_json::Value) -> Response<String> {
    let mut response = Response::new(body.to_string());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, lambda_http::http::HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use lambda_http::{Context, http::header::RETRY_AFTER};
    use serde_json::json;
    use tokio::time::{Instant, sleep};

    use super::*;

    fn with_time(milliseconds: i64) -> Request {
        let mut context = Context::default();
        context.deadline = (Timestamp::now().as_millisecond() + milliseconds).try_into().unwrap();
        Request::default().with_lambda_context(context)
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_hangs_is_answered_503_before_the_function_is_stopped() {
        for (milliseconds, at_least, at_most) in
            [(10_000, 8_900, 9_000), (60_000, 27_900, 28_000), (500, 0, 0)]
        {
            let (request, began) = (with_time(milliseconds), Instant::now());
            let answer = answer_within(time_limit(&request), pending()).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(RETRY_AFTER));
            let took = began.elapsed().as_millis();
            assert!((at_least..=at_most + 1).contains(&took), "{milliseconds}: {took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_request_is_answered_within_its_time() {
        let slow = async {
            sleep(Duration::from_secs(8)).await;
            respond(StatusCode::CREATED, Ok(serde_json::json!({})))
        };
        assert_eq!(answer_within(time_limit(&with_time(10_000)), slow).await.status(), StatusCode::CREATED);
    }

    /// A request as API Gateway sends it to the function.
    fn request(headers: &[(&str, &str)]) -> Request {
        let headers: serde_json::Map<_, _> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
        let event = json!({
            "resource": "/", "path": "/", "httpMethod": "POST", "body": "{}", "isBase64Encoded": false,
            "headers": {}, "multiValueHeaders": headers,
            "requestContext": {"httpMethod": "POST", "path": "/", "stage": "test", "identity": {}},
        });
        lambda_http::request::from_str(&event.to_string()).expect("it is a request")
    }

    #[test]
    fn a_body_is_json_unless_it_says_otherwise_and_is_not_coded() {
        for (headers, accepted) in [
            (&[][..], true),
            (&[("Content-Type", "")], true),
            (&[("content-type", "application/json; charset=utf-8")], true),
            (&[("CONTENT-TYPE", "Application/JSON")], true),
            (&[("Content-Type", "text/plain")], false),
            (&[("Content-Type", "application/jsön")], false),
            (&[("Content-Encoding", "identity")], true),
            (&[("Content-Encoding", "gzip")], false),
            (&[("content-encoding", "identity, br")], false),
        ] {
            let request = request(headers);
            let status = json_body(&request).map_err(|problem| problem.status());
            let expected = if accepted { Ok("{}") } else { Err(StatusCode::UNSUPPORTED_MEDIA_TYPE) };
            assert_eq!(status, expected, "{headers:?}");
        }
    }

    #[test]
    fn a_header_that_is_not_ascii_is_invalid_and_leaves_the_others_alone() {
        let headers = [
            ("Idempotency-Key", "schlüssel"),
            ("X-Correlation-Id", "ü"),
            ("traceparent", "ü"),
            ("X-More", "ü"),
        ];
        let request = request(&headers);
        assert_eq!(idempotency_key(&request).unwrap_err().status(), StatusCode::BAD_REQUEST);
        assert_eq!(correlation_id(&request), None);
        assert!(json_body(&request).is_ok());
    }
}
