//! Holds the schemas in `contracts/schemas` against the types that read the events.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{collections::BTreeSet, fs, path::Path};

use cloudevents::AttributesReader;
use contracts::{
    FareCollected, FareCollectionFailed, PrebookingRejected, PrebookingSubmitted, QuotesRequested,
    RfqDeadlineReached, RideCompleted, RideQuoted,
};
use message_envelope::{Event, EventPayload};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

/// One event type: the name of its schema, and its reader.
struct Kind {
    name: &'static str,
    /// The event as it is written again, or the type of the error.
    read: fn(&str) -> Result<String, String>,
}

fn kind<T: EventPayload + Serialize + DeserializeOwned>() -> Kind {
    let read = |body: &str| {
        let event = Event::<T>::parse(body).map_err(|error| error.error_type().to_owned())?;
        Ok(event.to_json().unwrap())
    };
    Kind { name: T::TYPE, read }
}

fn kinds() -> [Kind; 8] {
    [
        kind::<FareCollected>(),
        kind::<FareCollectionFailed>(),
        kind::<PrebookingRejected>(),
        kind::<PrebookingSubmitted>(),
        kind::<QuotesRequested>(),
        kind::<RfqDeadlineReached>(),
        kind::<RideCompleted>(),
        kind::<RideQuoted>(),
    ]
}

fn schemas() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/schemas");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().strip_suffix(".v1.json").unwrap().to_owned();
        (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

fn schema(name: &str) -> Value {
    let found = schemas().into_iter().find(|(of, _)| of == name);
    found.unwrap_or_else(|| panic!("contracts/schemas has no {name}.v1.json")).1
}

fn examples(schema: &Value) -> &Vec<Value> {
    let examples = schema["examples"].as_array().expect("a schema has examples");
    assert!(!examples.is_empty());
    examples
}

/// Every change of one place in a document: its value removed, or replaced by one of another kind.
fn mutations(document: &Value) -> Vec<Value> {
    let Value::Object(fields) = document else { return replacements() };
    let with = |key: &String, value: Option<Value>| {
        let mut fields: Map<_, _> = fields.clone();
        match value {
            Some(value) => fields.insert(key.clone(), value),
            None => fields.remove(key),
        };
        Value::Object(fields)
    };
    let of_field = |(key, value): (&String, &Value)| {
        let changed: BTreeSet<String> =
            mutations(value).into_iter().chain(replacements()).map(|v| v.to_string()).collect();
        let changed = changed.into_iter().map(|text| Some(serde_json::from_str(&text).unwrap()));
        changed.chain([None]).map(|value| with(key, value)).collect::<Vec<_>>()
    };
    fields.iter().flat_map(of_field).collect()
}

fn replacements() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("-1.00"),
        json!([]),
        json!({}),
        json!([7]),
    ]
}

#[test]
fn every_schema_accepts_its_examples_and_names_its_own_type() {
    for (name, schema) in schemas() {
        assert_eq!(schema["title"], name.as_str());
        assert_eq!(schema["properties"]["type"]["const"], name.as_str());
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for example in examples(&schema) {
            assert!(validator.is_valid(example), "{name} refuses its example {example}");
        }
    }
}

#[test]
fn every_event_has_a_schema_whose_examples_its_readers_accept_and_write_again() {
    for Kind { name, read } in kinds() {
        let schema = schema(name);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for example in examples(&schema) {
            let written = read(&example.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let written: Value = serde_json::from_str(&written).unwrap();
            assert_eq!(&written, example, "{name}: the schema has fields that the type does not write");
            assert!(validator.is_valid(&written));
        }
    }
}

#[test]
fn the_sdk_of_cloudevents_parses_every_event_as_it_is_written() {
    for Kind { name, read } in kinds() {
        for example in examples(&schema(name)) {
            let written = read(&example.to_string()).unwrap();
            let event: cloudevents::Event = serde_json::from_str(&written).unwrap();
            assert_eq!(
                (event.ty(), event.id(), event.source().as_str()),
                (name, example["id"].as_str().unwrap(), example["source"].as_str().unwrap(),)
            );
            let correlation_id = event.extension("correlationid").unwrap().to_string();
            assert_eq!(correlation_id, example["correlationid"].as_str().unwrap());
            let Some(cloudevents::Data::Json(data)) = event.data() else {
                panic!("{name}: its data isn't JSON")
            };
            assert_eq!(data, &example["data"]);
        }
    }
}

#[test]
fn readers_refuse_every_mutation_that_the_schema_forbids() {
    for Kind { name, read } in kinds() {
        let schema = schema(name);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let mut forbidden = 0;
        for mutation in examples(&schema).iter().flat_map(mutations).filter(|m| !validator.is_valid(m)) {
            forbidden += 1;
            match read(&mutation.to_string()).as_ref().map_err(String::as_str) {
                Err("MalformedEvent" | "UnexpectedEventType") => {}
                other => panic!("{name}: the schema forbids {mutation}, its reader says {other:?}"),
            }
        }
        assert!(forbidden > 50, "{name}: only {forbidden} mutations are forbidden");
    }
}

#[test]
fn a_definition_is_the_same_in_every_schema() {
    let mut known = Map::new();
    for (name, schema) in schemas() {
        for (definition, body) in schema["$defs"].as_object().unwrap() {
            let first = known.entry(definition.clone()).or_insert_with(|| body.clone());
            assert_eq!(first, body, "{name}: {definition} differs from another schema's");
        }
    }
}
