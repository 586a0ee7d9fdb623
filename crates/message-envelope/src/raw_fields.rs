//! The fields of an untrusted JSON object: first as the caller wrote them, then checked one by one.

use std::fmt;

use crate::Faults;

/// A value as the caller wrote it. Numbers stay text: reading them as floats would lose digits of an amount.
///
/// ```
/// use message_envelope::RawValue;
///
/// let price = RawValue::Number("19.90".to_owned());
/// assert_ne!(price, RawValue::Number("19.9".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// A string's characters.
    Text(String),
    /// A number's characters.
    Number(String),
    /// A list's values. A list within the list is [`RawValue::Other`].
    List(Vec<RawValue>),
    /// Anything else: `null`, a boolean, an object.
    Other,
}

/// The fields of a request in the order given.
///
/// ```
/// use message_envelope::{RawFields, RawValue};
///
/// let fields: RawFields = vec![("sku".to_owned(), RawValue::Text("A-7".to_owned()))];
/// assert_eq!(fields.len(), 1);
/// ```
pub type RawFields = Vec<(String, RawValue)>;

/// Reads fields, and collects every fault.
///
/// ```
/// use message_envelope::{Faults, FieldReader, RawFields, RawValue};
///
/// #[derive(Debug, PartialEq)]
/// struct Line {
///     sku: String,
///     count: u32,
///     gifts: Vec<String>,
/// }
///
/// fn sku(text: &str) -> Result<String, &'static str> {
///     if text.is_empty() { Err("must not be empty") } else { Ok(text.to_owned()) }
/// }
///
/// fn count(text: &str) -> Result<u32, &'static str> {
///     text.parse().map_err(|_| "must be a whole number")
/// }
///
/// fn read(fields: &RawFields) -> Result<Line, Faults> {
///     let mut reader = FieldReader::new(fields, &["sku", "count", "gifts"]);
///     let (sku_read, count_read) = (reader.text("sku", sku), reader.number("count", count));
///     let gifts = if reader.has("gifts") { reader.texts("gifts", sku) } else { Some(Vec::new()) };
///     if count_read == Some(0) {
///         reader.fault("count", "must be at least 1");
///     }
///     let line = sku_read.zip(count_read).zip(gifts).map(|((sku, count), gifts)| Line { sku, count, gifts });
///     reader.finish(line)
/// }
///
/// let text = |value: &str| RawValue::Text(value.to_owned());
/// let fields = vec![("sku".to_owned(), text("A-7")), ("count".to_owned(), RawValue::Number("2".to_owned()))];
/// assert_eq!(read(&fields).unwrap().count, 2);
///
/// let wrong = vec![("sku".to_owned(), text("")), ("colour".to_owned(), text("red"))];
/// let faults = read(&wrong).unwrap_err();
/// assert_eq!(
///     faults.to_string(),
///     "colour: is not a known field; known are sku, count, gifts; sku: must not be empty; count: is missing",
/// );
/// ```
#[derive(Debug)]
pub struct FieldReader<'a> {
    raw: &'a RawFields,
    faults: Faults,
}

impl<'a> FieldReader<'a> {
    /// A reader of these fields. Each field that is not among the `known` ones is a fault.
    #[must_use]
    pub fn new(raw: &'a RawFields, known: &[&str]) -> Self {
        let mut faults = Faults::none();
        for (name, _) in raw {
            if !known.contains(&name.as_str()) {
                faults.add(name, format_args!("is not a known field; known are {}", known.join(", ")));
            }
        }
        Self { raw, faults }
    }

    /// True if the caller gave the field.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// Reads a string.
    pub fn text<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.field(name) {
            Some(RawValue::Text(text)) => self.faults.check(name, parse(text)),
            Some(_) => self.faults.check(name, Err("must be a string")),
            None => self.faults.check(name, Err("is missing")),
        }
    }

    /// Reads a number or a numeric string.
    pub fn number<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.field(name) {
            Some(RawValue::Number(text) | RawValue::Text(text)) => self.faults.check(name, parse(text)),
            Some(RawValue::List(_) | RawValue::Other) => {
                self.faults.check(name, Err("must be a number or a numeric string"))
            }
            None => self.faults.check(name, Err("is missing")),
        }
    }

    /// Reads a list of strings. Each rule that any of them breaks is one fault.
    pub fn texts<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let Some(RawValue::List(values)) = self.field(name) else {
            return self.faults.check(name, Err("must be a list of strings"));
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
            self.fault(name, rule);
        }
        rules.is_empty().then_some(read)
    }

    /// Adds a fault that a rule across fields found.
    pub fn fault(&mut self, name: &str, rule: impl fmt::Display) {
        self.faults.add(name, rule);
    }

    /// The value that was made of the fields, unless any fault was found.
    ///
    /// # Errors
    /// Every fault.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Faults> {
        value.filter(|_| self.faults.is_empty()).ok_or(self.faults)
    }

    fn field(&self, name: &str) -> Option<&'a RawValue> {
        self.raw.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }
}
