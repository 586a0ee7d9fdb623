//! Request-reply at the edge: what every API function checks before it looks at a request's content, and how it
//! says no (RFC 9457 problem documents).

mod object;
mod problem;

use std::{fmt::Display, time::Duration};

use aws_lambda_events::apigw::ApiGatewayRequestIdentity;
use domain::{CorrelationId, IdempotencyKey};
use jiff::Timestamp;
use lambda_http::{Error, RequestExt, http::header::CONTENT_TYPE, request::RequestContext, service_fn};
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
use crate::{TraceParent, keyed};

/// A function that runs out of time says nothing, and API Gateway says 502 for it. So much of the time is kept for an answer.
const KEPT_FOR_THE_ANSWER: Duration = Duration::from_secs(1);
/// API Gateway waits for 29 s, whatever time the function has.
const GATEWAY_WAITS: Duration = Duration::from_secs(29);

/// Runs an API function. Whatever hangs behind it, it answers in time.
pub async fn run<F: Future<Output = Response<String>> + Send>(
    handler: impl Fn(Request) -> F,
) -> Result<(), Error> {
    lambda_http::run(service_fn(|request| {
        let correlation_id = correlation_id(&request).map(display);
        let span = info_span!("request", event_id = Empty, correlation_id);
        let (time, answer) = (time_for(&request), handler(request));
        let answered = async move {
            let answer = in_time(time, answer).await;
            info!(status = answer.status().as_u16(), "answered");
            Ok::<_, Error>(answer)
        };
        answered.instrument(span)
    }))
    .await
}

/// How long a request may be worked on.
fn time_for(request: &Request) -> Duration {
    let left = request.lambda_context_ref().map(|context| {
        let now = Timestamp::now().as_millisecond().try_into().unwrap_or_default();
        Duration::from_millis(context.deadline.saturating_sub(now))
    });
    left.unwrap_or(GATEWAY_WAITS).min(GATEWAY_WAITS).saturating_sub(KEPT_FOR_THE_ANSWER)
}

/// What is still under way when the time is up may or may not be done: the caller finds out by its key.
async fn in_time(time: Duration, answer: impl Future<Output = Response<String>>) -> Response<String> {
    timeout(time, answer).await.unwrap_or_else(|_| {
        error!("not answered in time");
        Problem::try_later().into()
    })
}

/// What the request is about: from here on every log line about it says so.
pub fn concerns(event_id: impl Display, correlation_id: impl Display) {
    Span::current().record("event_id", display(event_id)).record("correlation_id", display(correlation_id));
}

/// The body of a JSON request.
///
/// # Errors
/// 415 if it doesn't say that it is JSON, 400 if it is no text.
pub fn json_body(request: &Request) -> Result<&str, Problem> {
    let content_type =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        std::str::from_utf8(request.body())
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8 text"))
    } else {
        let detail = "send the header Content-Type: application/json, and JSON";
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
    }
}

/// The request's `Idempotency-Key`, if it has one.
///
/// # Errors
/// 400 if it isn't a usable key: ignoring it would take away the protection that the caller counts on.
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

/// Who signed the request.
#[must_use]
pub fn caller(request: &Request) -> String {
    let Some(RequestContext::ApiGatewayV1(context)) = request.request_context_ref() else {
        return String::new();
    };
    let ApiGatewayRequestIdentity { cognito_identity_id, caller, .. } = &context.identity;
    let of = |id: &Option<String>| id.clone().unwrap_or_default();
    keyed::caller(&of(cognito_identity_id), &of(caller)).to_owned()
}

/// A part of the request's path, by the name that the API gives it.
#[must_use]
pub fn path_parameter(request: &Request, name: &str) -> Option<String> {
    request.path_parameters().first(name).map(str::to_owned)
}

/// The caller's `X-Correlation-Id`, if it sent a usable one. What isn't usable is replaced: it is only a label.
#[must_use]
pub fn correlation_id(request: &Request) -> Option<CorrelationId> {
    CorrelationId::parse(request.headers().get("x-correlation-id")?.to_str().ok()?).ok()
}

/// The trace that the request belongs to: the caller's, or a new one.
#[must_use]
pub fn trace_parent(request: &Request) -> TraceParent {
    let given =
        request.headers().get("traceparent").and_then(|value| TraceParent::parse(value.to_str().ok()?));
    given.map_or_else(TraceParent::start, TraceParent::child)
}

/// What came of a request, or why it was refused.
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
    use tokio::time::{Instant, sleep};

    use super::*;

    fn with_time(milliseconds: i64) -> Request {
        let mut context = Context::default();
        context.deadline = (Timestamp::now().as_millisecond() + milliseconds).try_into().unwrap();
        Request::default().with_lambda_context(context)
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_hangs_the_answer_is_a_503_before_the_function_is_stopped() {
        for (milliseconds, at_least, at_most) in
            [(10_000, 8_900, 9_000), (60_000, 27_900, 28_000), (500, 0, 0)]
        {
            let (request, began) = (with_time(milliseconds), Instant::now());
            let answer = in_time(time_for(&request), pending()).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(RETRY_AFTER));
            let took = began.elapsed().as_millis();
            assert!((at_least..=at_most + 1).contains(&took), "{milliseconds}: {took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_and_is_in_time_is_answered() {
        let slow = async {
            sleep(Duration::from_secs(8)).await;
            respond(StatusCode::CREATED, Ok(serde_json::json!({})))
        };
        assert_eq!(in_time(time_for(&with_time(10_000)), slow).await.status(), StatusCode::CREATED);
    }
}
