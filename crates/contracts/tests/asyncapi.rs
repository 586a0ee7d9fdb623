//! Holds the documents in `contracts/asyncapi` against their published schema, and follows their references.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn documents() -> Vec<(PathBuf, Value)> {
    let folder = root().join("contracts/asyncapi");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<_> = paths.map(|path| (path.clone(), read(&path))).collect();
    assert!(!found.is_empty(), "contracts/asyncapi has no document: run make contracts");
    found
}

fn asyncapi() -> Validator {
    let schema = read(&root().join("crates/contracts/tests/vendor/asyncapi/3.0.0.json"));
    jsonschema::options().with_draft(Draft::Draft7).build(&schema).unwrap()
}

/// Every `$ref` in a document.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(elements) => elements.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Tells if a reference leads to a value of the same document or of another file.
fn resolves(reference: &str, path: &Path, document: &Value) -> bool {
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    if file.is_empty() {
        return document.pointer(pointer).is_some();
    }
    let target = path.parent().unwrap().join(file);
    target.is_file() && read(&target).pointer(pointer).is_some()
}

#[test]
fn every_document_is_valid() {
    let validator = asyncapi();
    for (path, document) in documents() {
        let faults: Vec<_> = validator
            .iter_errors(&document)
            .map(|fault| format!("{} {}: {fault}", path.display(), fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn every_reference_leads_to_something() {
    for (path, document) in documents() {
        let found = references(&document);
        assert!(!found.is_empty(), "{}", path.display());
        for reference in found {
            assert!(
                resolves(reference, &path, &document),
                "{}: {reference} leads to nothing",
                path.display()
            );
        }
    }
}

#[test]
fn a_fault_in_any_part_of_a_document_is_found() {
    let validator = asyncapi();
    let document = read(&root().join("contracts/asyncapi/customer-loyalty.json"));
    let queue = "/channels/CustomerLoyaltyQueue/bindings/sqs/queue";
    let subscription = "/operations/RideCompletionSubscription";
    for (place, value) in [
        ("/asyncapi".to_owned(), json!("2.6.0")),
        ("/info/version".to_owned(), json!(1)),
        (format!("{queue}/visibilityTimeout"), json!(43_201)),
        (format!("{queue}/redrivePolicy"), json!({})),
        (format!("{subscription}/action"), json!("subscribe")),
        (format!("{subscription}/bindings/sns/consumers/0/protocol"), json!("pigeon")),
        ("/components/messages/RideCompleted/correlationId/location".to_owned(), json!("here")),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(&place).unwrap_or_else(|| panic!("{place}")) = value;
        assert!(!validator.is_valid(&changed), "{place}");
    }
}

#[test]
fn a_reference_to_nothing_is_found() {
    let path = root().join("contracts/asyncapi/customer-loyalty.json");
    let document = read(&path);
    for reference in ["#/channels/No", "../schemas/No.v1.json", "../schemas/RideCompleted.v1.json#/$defs/No"]
    {
        assert!(!resolves(reference, &path, &document), "{reference}");
    }
    assert!(resolves("../schemas/RideCompleted.v1.json#/$defs/Money", &path, &document));
}
