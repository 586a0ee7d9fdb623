//! A REST API, whose requests Lambda hands over as API Gateway writes them.

use lambda_http::{Request, Response, http::HeaderValue};
use serde_json::{Value, json};

use super::{Watch, expect, mangled, quotes, report};
use crate::{
    Aws,
    aws::Call,
    mutation::{self, Mangled},
};

/// The headers that a request may be judged by.
const HEADERS: [&str; 5] =
    ["idempotency-key", "x-correlation-id", "traceparent", "content-type", "user-agent"];

/// Posts every mangled example, and the first one with every hostile header. What is sound is answered with 201 or 202;
/// anything else with a problem document, and has no effect.
pub async fn post(
    aws: &Aws,
    examples: &[&str],
    handle: impl AsyncFn(&Request) -> Response<String>,
    sound: impl Fn(&Request) -> bool,
) {
    let watch = Watch::on(aws);
    let with_body = |mangled: Mangled| (json!({"body": &mangled.text}), mangled);
    let bodies = mangled(examples).into_iter().map(with_body);
    let with_header = |(name, word): (&str, String)| {
        let how = format!("the header {name} is {word}");
        let parts =
            json!({"body": examples[0], "headers": {name: word}, "multiValueHeaders": {name: [word]}});
        (parts, Mangled { how, text: examples[0].to_owned() })
    };
    let words = mutation::of_words();
    // What the runtime can't read as a header it refuses before any handler sees it.
    let words: Vec<_> = words.into_iter().filter(|word| HeaderValue::from_str(word).is_ok()).collect();
    let headers = HEADERS.into_iter().flat_map(|name| words.iter().map(move |word| (name, word.clone())));
    let bytes = json!({"body": "//79", "isBase64Encoded": true});
    let bytes = (bytes, Mangled { how: "no text is left".to_owned(), text: String::new() });
    for (parts, mangled) in bodies.chain(headers.map(with_header)).chain([bytes]) {
        report(&mangled, answered(&watch, "POST", &parts, &handle, &sound).await);
    }
}

/// Asks for every hostile id. What can be an id is looked up, anything else is not found; nothing has an effect.
pub async fn query(
    aws: &Aws,
    id: &str,
    handle: impl AsyncFn(&Request) -> Response<String>,
    sound: impl Fn(&Request) -> bool,
) {
    let watch = Watch::on(aws);
    for id in mutation::of_words().into_iter().chain([id.to_owned()]) {
        let mangled = Mangled { how: "the id in the path is this".to_owned(), text: id.clone() };
        let parts = json!({"pathParameters": {"id": id}});
        report(&mangled, answered(&watch, "GET", &parts, &handle, &sound).await);
    }
}

async fn answered(
    watch: &Watch<'_>,
    method: &str,
    parts: &Value,
    handle: &impl AsyncFn(&Request) -> Response<String>,
    sound: &impl Fn(&Request) -> bool,
) -> Result<(), String> {
    let request = lambda_http::request::from_str(&event(method, parts).to_string())
        .map_err(|error| format!("the runtime can't read the request: {error}"))?;
    let (response, effects) = watch.over(handle(&request)).await?;
    check(method, &response, &effects, sound(&request))
}

fn check(method: &str, response: &Response<String>, effects: &[Call], sound: bool) -> Result<(), String> {
    let status = response.status().as_u16();
    let body: Value = serde_json::from_str(response.body()).map_err(|_| "the answer is no JSON")?;
    if sound {
        expect(
            effects.is_empty() == (method == "GET"),
            "what is asked for changes something, or what is sent nothing",
        )?;
        return expect((200..300).contains(&status), &format!("it is sound, and answered with {status}"));
    }
    expect(effects.is_empty(), "it isn't sound, and had an effect")?;
    expect(
        [400, 404, 413, 415, 422].contains(&status),
        &format!("it isn't sound, and answered with {status}"),
    )?;
    let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
    expect(content_type == Some("application/problem+json"), "the answer is no problem document")?;
    expect(body["status"] == status, "the problem document has another status")?;
    // Names of fields are repeated, so that the caller finds them; values are not.
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
