//! Holds the reader of `PaymentRequested` against its schema.

use cloudevents::AttributesReader;
use lambda_messaging::Event;
use serde_json::{Map, Value, json};

use crate::request::PaymentRequested;

const SCHEMA: &str = include_str!("../../../contracts/schemas/PaymentRequested.v1.json");

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn examples(schema: &Value) -> &Vec<Value> {
    let examples = schema["examples"].as_array().unwrap();
    assert!(!examples.is_empty());
    examples
}

#[test]
fn examples_of_the_schema_are_read_and_written_again_unchanged() {
    for example in examples(&schema()) {
        let request = Event::<PaymentRequested>::parse(&example.to_string()).unwrap();
        let written = request.to_json().unwrap();
        let event: cloudevents::Event = serde_json::from_str(&written).unwrap();
        assert_eq!(Value::String(event.id().to_owned()), example["id"]);
        assert_eq!(&serde_json::from_str::<Value>(&written).unwrap(), example);
    }
}

/// The example with each field removed, or replaced by a value of another kind.
fn mutations(example: &Value) -> Vec<Value> {
    let others =
        [json!(null), json!(true), json!(-1), json!(1.5), json!(""), json!("-1.00"), json!([]), json!({})];
    let mut all = Vec::new();
    for parent in ["", "/data"] {
        for field in example.pointer(parent).unwrap().as_object().unwrap().keys() {
            let changed = |change: &dyn Fn(&mut Map<String, Value>)| {
                let mut mutation = example.clone();
                change(mutation.pointer_mut(parent).unwrap().as_object_mut().unwrap());
                mutation
            };
            all.push(changed(&|fields| drop(fields.remove(field))));
            let replaced = others
                .iter()
                .map(|other| changed(&|fields| drop(fields.insert(field.clone(), other.clone()))));
            all.extend(replaced);
        }
    }
    all
}

#[test]
fn every_mutation_that_the_schema_forbids_is_refused_by_name() {
    let schema = schema();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let mut forbidden = 0;
    for mutation in examples(&schema).iter().flat_map(mutations).filter(|m| !validator.is_valid(m)) {
        forbidden += 1;
        let refused = Event::<PaymentRequested>::parse(&mutation.to_string());
        let refused = refused.map(|_| ()).map_err(|error| error.error_type());
        assert!(
            matches!(refused, Err("MalformedEvent" | "UnexpectedEventType")),
            "the schema forbids {mutation}, its reader says {refused:?}"
        );
    }
    assert!(forbidden > 50, "only {forbidden} mutations are forbidden");
}
