//! Holds every message that functions send against its schema in `contracts/schemas`, and against the SDK of `CloudEvents`.
//! The messages that the tests themselves send go straight to the emulator, and are not seen here.

use std::{collections::BTreeMap, fs, io, path::Path};

use jsonschema::Validator;
use serde::Serialize;
use serde_json::Value;

use crate::sent::Sent;

const SUFFIX: &str = ".v1.json";

/// The schemas, and the findings so far.
pub(crate) struct Messages {
    schemas: BTreeMap<String, Validator>,
    findings: Findings,
}

/// The numbers of valid messages by type, and of invalid ones by fault.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Findings {
    valid: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
    /// Dead letters that were refused as no valid events, or that never were events: rows, and requests from outside.
    not_events: u64,
}

impl Messages {
    /// Reads the schemas.
    pub(crate) fn new() -> io::Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/schemas");
        let mut schemas = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
            let Some(name) = name else { continue };
            let schema: Value = serde_json::from_slice(&fs::read(&path)?)?;
            let validator =
                jsonschema::draft202012::new(&schema).map_err(|fault| io::Error::other(fault.to_string()))?;
            schemas.insert(name.to_owned(), validator);
        }
        Ok(Self { schemas, findings: Findings::default() })
    }

    pub(crate) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Checks a message. Its fault names the topic or queue, the type and the rules it breaks, and never a value.
    pub(crate) fn check(&mut self, sent: &Sent) {
        let message = serde_json::from_str::<Value>(&sent.body).unwrap_or_default();
        let known = message["type"].as_str().and_then(|kind| self.schemas.get_key_value(kind));
        let Some((kind, schema)) = known.filter(|_| !sent.was_refused()) else {
            if sent.is_dead_letter() {
                self.findings.not_events += 1;
            } else {
                self.finds(format!("{}: a message without a type that has a schema", sent.to));
            }
            return;
        };
        let kind = kind.clone();
        let mut faults: Vec<_> = schema.iter_errors(&message).map(|fault| rule(&fault)).collect();
        if serde_json::from_str::<cloudevents::Event>(&sent.body).is_err() {
            faults.push("the SDK of CloudEvents does not parse it".to_owned());
        }
        if faults.is_empty() {
            *self.findings.valid.entry(kind).or_default() += 1;
        } else {
            self.finds(format!("{}: {kind}: {}", sent.to, faults.join("; ")));
        }
    }

    fn finds(&mut self, fault: String) {
        *self.findings.faults.entry(fault).or_default() += 1;
    }
}

/// The place and the broken rule, without the value.
fn rule(fault: &jsonschema::ValidationError<'_>) -> String {
    format!("{} {}", fault.instance_path(), fault.masked()).trim_start().to_owned()
}
