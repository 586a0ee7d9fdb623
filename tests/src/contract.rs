//! The OpenAPI document, held against every request and answer of the tests.

use jsonschema::Validator;
use rydes::Answer;
use serde_json::{Value, json};

/// One operation of an API's contract.
pub struct Contract {
    document: Value,
    request: Validator,
}

const PATH: &str = "/submit-ride-completion";

impl Contract {
    pub fn submit_ride_completion() -> Self {
        let text = include_str!("../../functions/unicorn-management/openapi.yaml");
        let document: Value = serde_saphyr::from_str(text).expect("openapi.yaml is YAML");
        let pointer = "/paths/~1submit-ride-completion/post/requestBody/content/application~1json/schema";
        let request = validator(&document, pointer);
        Self { document, request }
    }

    /// What was accepted must have been acceptable, and each answer must be one that the contract foresees.
    pub fn check(&self, body: &str, answer: &Answer) {
        if answer.status == 201 {
            let body = serde_json::from_str(body).expect("an accepted body is JSON");
            assert!(self.request.is_valid(&body), "accepted against the contract: {body}");
        }
        let response = self
            .document
            .pointer(&format!("/paths/{}/post/responses/{}", PATH.replace('/', "~1"), answer.status))
            .unwrap_or_else(|| panic!("the contract knows no status {}: {answer:?}", answer.status));
        // A response may stand among the components.
        let place = match response.get("$ref").and_then(Value::as_str) {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => format!("/paths/{}/post/responses/{}", PATH.replace('/', "~1"), answer.status),
        };
        let media_type = answer.content_type.split(';').next().unwrap().trim();
        let pointer = [media_type, "*/*"]
            .map(|media_type| format!("{place}/content/{}/schema", media_type.replace('/', "~1")))
            .into_iter()
            .find(|pointer| self.document.pointer(pointer).is_some())
            .unwrap_or_else(|| panic!("the contract knows no such content: {answer:?}"));
        let validator = validator(&self.document, &pointer);
        let errors: Vec<_> = validator.iter_errors(&answer.body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "not as the contract says: {errors:?} in {answer:?}");
        let required = self.document.pointer(&format!("{place}/headers/Retry-After/required"));
        assert!(required != Some(&json!(true)) || answer.retry_after.is_some(), "no Retry-After: {answer:?}");
    }
}

fn validator(document: &Value, pointer: &str) -> Validator {
    let mut schema = document.clone();
    schema["$ref"] = format!("#{pointer}").into();
    jsonschema::draft202012::new(&schema).expect("openapi.yaml holds JSON Schema")
}
