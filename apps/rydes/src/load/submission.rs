//! Requests that are sent once: a refusal is a result, and is not retried.

use client::{Answer, Api, Error};
use serde_json::Value;

/// Posts a request once, with a key of its own.
pub async fn submit(api: &Api, path: &str, body: &str, id: &str) -> Result<String, String> {
    submit_with_key(api, path, &new_key(), body, id).await
}

/// An idempotency key.
pub fn new_key() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Posts a request once; returns the id in its answer, or else the kind of answer.
pub async fn submit_with_key(
    api: &Api,
    path: &str,
    key: &str,
    body: &str,
    id: &str,
) -> Result<String, String> {
    match api.post(path, &[("idempotency-key", key)], body).await {
        Ok(Answer { status: 201 | 202, body, .. }) => {
            let id = body.get(id).and_then(Value::as_str).map(str::to_owned);
            id.ok_or_else(|| "an answer without an id".to_owned())
        }
        Ok(Answer { status, .. }) => Err(format!("status {status}")),
        Err(Error::NoCredentials | Error::Credentials(_)) => Err("no credentials".to_owned()),
        Err(_) => Err("no answer".to_owned()),
    }
}
