//! What a caller wrote, before anything is known of it.

use std::fmt;

use crate::Faults;

/// A value as the caller wrote it. Numbers stay text: reading them as floats would lose digits of a fare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// A string's characters.
    Text(String),
    /// A number's characters.
    Number(String),
    /// A list's values; what is in a list within is not looked at.
    List(Vec<RawValue>),
    /// Anything else: `null`, a boolean, an object.
    Other,
}

/// What was reported, field by field, in the order given.
pub type RawFields = Vec<(String, RawValue)>;

/// Notes every field that nobody asked for.
pub(crate) fn refuse_unknown(faults: &mut Faults, raw: &RawFields, known: &[&str]) {
    for (name, _) in raw {
        if !known.contains(&name.as_str()) {
            faults.add(name, format_args!("is not a known field; known are {}", known.join(", ")));
        }
    }
}

/// Reads a string, or notes what is wrong with it.
pub(crate) fn text<T, E: fmt::Display>(
    faults: &mut Faults,
    raw: &RawFields,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    match field(raw, name) {
        Some(RawValue::Text(text)) => faults.check(name, parse(text)),
        Some(_) => faults.check(name, Err("must be a string")),
        None => faults.check(name, Err("is missing")),
    }
}

/// Reads a number or a numeric string, or notes what is wrong with it.
pub(crate) fn number<T, E: fmt::Display>(
    faults: &mut Faults,
    raw: &RawFields,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<T> {
    match field(raw, name) {
        Some(RawValue::Number(text) | RawValue::Text(text)) => faults.check(name, parse(text)),
        Some(RawValue::List(_) | RawValue::Other) => {
            faults.check(name, Err("must be a number or a numeric string"))
        }
        None => faults.check(name, Err("is missing")),
    }
}

/// Whether the field is there at all, for those that may be left out.
pub(crate) fn given(raw: &RawFields, name: &str) -> bool {
    field(raw, name).is_some()
}

/// Reads a list of strings, or notes what is wrong with it, once for each rule that is broken.
pub(crate) fn texts<T, E: fmt::Display>(
    faults: &mut Faults,
    raw: &RawFields,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<Vec<T>> {
    let Some(RawValue::List(values)) = field(raw, name) else {
        return faults.check(name, Err("must be a list of strings"));
    };
    let mut rules: Vec<String> = Vec::new();
    let mut read = Vec::new();
    for value in values {
        let parsed = match value {
            RawValue::Text(text) => parse(text).map_err(|rule| format!("each {rule}")),
            _ => Err("each must be a string".to_owned()),
        };
        match parsed {
            Ok(value) => read.push(value),
            Err(rule) if !rules.contains(&rule) => rules.push(rule),
            Err(_) => {}
        }
    }
    for rule in &rules {
        faults.add(name, rule);
    }
    rules.is_empty().then_some(read)
}

fn field<'a>(raw: &'a RawFields, name: &str) -> Option<&'a RawValue> {
    raw.iter().find(|(given, _)| given == name).map(|(_, value)| value)
}
