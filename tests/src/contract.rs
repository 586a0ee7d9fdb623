//! Checks every request and answer of the tests against the OpenAPI documents, and messages against their schemas.

use client::Answer;
use jsonschema::Validator;
use serde_json::{Value, json};

const UNICORN_MANAGEMENT: &str = include_str!("../../contracts/openapi/unicorn-management.yaml");
const RIDE_BOOKING: &str = include_str!("../../contracts/openapi/ride-booking.yaml");

fn document(service: &str) -> &'static str {
    match service {
        "unicorn-management" => UNICORN_MANAGEMENT,
        "ride-booking" => RIDE_BOOKING,
        _ => panic!("{service} has no API"),
    }
}

/// One operation of an API's contract.
pub struct Contract {
    document: Value,
    operation: String,
    request: Option<Validator>,
}

impl Contract {
    pub fn submit_ride_completion() -> Self {
        Self::of(UNICORN_MANAGEMENT, "/submit-ride-completion", "post")
    }

    pub fn submit_ride_prebooking() -> Self {
        Self::of(RIDE_BOOKING, "/submit-ride-prebooking", "post")
    }

    pub fn query_ride_prebooking() -> Self {
        Self::of(RIDE_BOOKING, "/query-ride-prebooking/{id}", "get")
    }

    pub fn submit_instant_ride_rfq() -> Self {
        Self::of(RIDE_BOOKING, "/submit-instant-ride-rfq", "post")
    }

    pub fn query_instant_ride_rfq() -> Self {
        Self::of(RIDE_BOOKING, "/query-instant-ride-rfq/{id}", "get")
    }

    /// The methods of an API, each with its path.
    pub fn methods(service: &str) -> Vec<(String, String)> {
        let document: Value = serde_saphyr::from_str(document(service)).expect("an OpenAPI document is YAML");
        let paths = document["paths"].as_object().unwrap();
        let of_path = |(path, methods): (&String, &Value)| {
            let methods: Vec<_> = methods.as_object().unwrap().keys().cloned().collect();
            methods.into_iter().map(|method| (method, path.clone())).collect::<Vec<_>>()
        };
        paths.iter().flat_map(of_path).collect()
    }

    pub(crate) fn of_method(service: &str, method: &str, path: &str) -> Self {
        Self::of(document(service), path, method)
    }

    fn of(document: &str, path: &str, method: &str) -> Self {
        let document: Value = serde_saphyr::from_str(document).expect("an OpenAPI document is YAML");
        let operation = format!("/paths/{}/{method}", path.replace('/', "~1"));
        let schema = format!("{operation}/requestBody/content/application~1json/schema");
        let request = document.pointer(&schema).is_some().then(|| validator(&document, &schema));
        Self { document, operation, request }
    }

    /// Checks that an accepted request is valid by the contract, and that the answer is one of the contract's.
    pub fn check(&self, body: &str, answer: &Answer) {
        if let (200..300, Some(request)) = (answer.status, &self.request) {
            let body = serde_json::from_str(body).expect("an accepted body is JSON");
            assert!(request.is_valid(&body), "accepted against the contract: {body}");
        }
        self.check_answer(answer);
    }

    /// Checks the answer only, for an edge that accepts requests without reading them.
    pub fn check_answer(&self, answer: &Answer) {
        let place = format!("{}/responses/{}", self.operation, answer.status);
        let response = self
            .document
            .pointer(&place)
            .unwrap_or_else(|| panic!("the contract knows no status {}: {answer:?}", answer.status));
        // A response may stand among the components.
        let place = match response.get("$ref").and_then(Value::as_str) {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => place,
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
    // A reference is a URI, which a path's parameter in braces is not.
    schema["$ref"] = format!("#{pointer}").replace('{', "%7B").replace('}', "%7D").into();
    jsonschema::draft202012::new(&schema).expect("an OpenAPI document holds JSON Schema")
}

/// The rules of its schema in `contracts/schemas` that a message breaks.
pub fn faults_of_message(message: &str) -> Vec<String> {
    let message: Value = serde_json::from_str(message).expect("a message is JSON");
    let event_type = message["type"].as_str().expect("a message has a type");
    let path = format!("{}/../contracts/schemas/{event_type}.v1.json", env!("CARGO_MANIFEST_DIR"));
    let schema = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let schema = serde_json::from_str(&schema).expect("a schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema is JSON Schema");
    validator
        .iter_errors(&message)
        .map(|error| format!("{} {}", error.instance_path(), error.masked()))
        .collect()
}
