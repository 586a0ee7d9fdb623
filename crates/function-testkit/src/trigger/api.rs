//! Requests to a REST API, in the form that API Gateway gives them.

use lambda_http::{Request, Response, http::HeaderValue};
use serde_json::{Value, json};

use super::{Watch, expect, mutations, quotes, report};
use crate::{
    Aws,
    aws::Call,
    mutation::{self, Mutation},
};

/// The headers that a function may read.
const HEADERS: [&str; 5] =
    ["idempotency-key", "x-correlation-id", "traceparent", "content-type", "user-agent"];

/// Posts every mutation, and the first example with every hostile header. A valid request is answered with success; an invalid one
/// with a problem document, and without an effect.
pub async fn post(
    aws: &Aws,
    examples: &[&str],
    handle: impl AsyncFn(&Request) -> Response<String>,
    is_valid: impl Fn(&Request) -> bool,
) {
    let watch = Watch::on(aws);
    let with_body = |mutation: Mutation| (json!({"body": &mutation.text}), mutation);
    let bodies = mutations(examples).into_iter().map(with_body);
    let with_header = |(name, word): (&str, String)| {
        let how = format!("the header {name} is {word}");
        let parts =
            json!({"body": examples[0], "headers": {name: word}, "multiValueHeaders": {name: [word]}});
        (parts, Mutation { how, text: examples[0].to_owned() })
    };
    let words = mutation::words();
    // The runtime refuses an invalid header before any handler sees it.
    let words: Vec<_> = words.into_iter().filter(|word| HeaderValue::from_str(word).is_ok()).collect();
    let headers = HEADERS.into_iter().flat_map(|name| words.iter().map(move |word| (name, word.clone())));
    let bytes = json!({"body": "//79", "isBase64Encoded": true});
    let bytes = (bytes, Mutation { how: "no text is left".to_owned(), text: String::new() });
    for (parts, mutation) in bodies.chain(headers.map(with_header)).chain([bytes]) {
        report(&mutation, answered(&watch, "POST", &parts, &handle, &is_valid).await);
    }
}

/// Queries every hostile id. A valid id is looked up, an invalid one is not found, and neither has an effect.
pub async fn query(
    aws: &Aws,
    id: &str,
    handle: impl AsyncFn(&Request) -> Response<String>,
    is_valid: impl Fn(&Request) -> bool,
) {
    let watch = Watch::on(aws);
    for id in mutation::words().into_iter().chain([id.to_owned()]) {
        let mutation = Mutation { how: "the id in the path is this".to_owned(), text: id.clone() };
        let parts = json!({"pathParameters": {"id": id}});
        report(&mutation, answered(&watch, "GET", &parts, &handle, &is_valid).await);
    }
}

async fn answered(
    watch: &Watch<'_>,
    method: &str,
    parts: &Value,
    handle: &impl AsyncFn(&Request) -> Response<String>,
    is_valid: &impl Fn(&Request) -> bool,
) -> Result<(), String> {
    let request = lambda_http::request::from_str(&event(method, parts).to_string())
        .map_err(|error| format!("the runtime can't read the request: {error}"))?;
    let (response, effects) = watch.over(handle(&request)).await?;
    check(method, &response, &effects, is_valid(&request))
}

fn check(method: &str, response: &Response<String>, effects: &[Call], is_valid: bool) -> Result<(), String> {
    let status = response.status().as_u16();
    let body: Value = serde_json::from_str(response.body()).map_err(|_| "the answer is no JSON")?;
    if is_valid {
        expect(effects.is_empty() == (method == "GET"), "a query had an effect, or a submission had none")?;
        return expect((200..300).contains(&status), &format!("it is is_valid, and answered with {status}"));
    }
    expect(effects.is_empty(), "it isn't is_valid, and had an effect")?;
    expect(
        [400, 404, 413, 415, 422].contains(&status),
        &format!("it isn't is_valid, and answered with {status}"),
    )?;
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    expect(content_type == Some("application/problem+json"), "the answer is no problem document")?;
    expect(body["status"] == status, "the problem document has another status")?;
    // A problem names fields, so that the caller finds them, and never repeats a value.
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let rules = errors.iter().filter_map(|error| error["detail"].as_str());
    let said: Vec<&str> = rules.chain(body["detail"].as_str()).collect();
    expect(said.iter().all(|rule| !quotes(rule)), "the problem document quotes a value")
}

/// A request as API Gateway hands it over.
fn event(method: &str, parts: &Value) -> Value {
    let mut event = json!({
        "resource": "/here", "path": "/here", "httpMethod": method,
        "headers": {"content-type": "application/json"},
        "multiValueHeaders": {"content-type": ["application/json"]},
        "requestContext": {"httpMethod": method, "path": "/here", "stage": "test", "identity": {}},
        "body": null, "isBase64Encoded": false,
    });
    for (name, part) in parts.as_object().into_iter().flatten() {
        match (event[name].as_object_mut(), part) {
            (Some(fields), Value::Object(more)) => fields.extend(more.clone()),
            _ => event[name] = part.clone(),
        }
    }
    event
}
