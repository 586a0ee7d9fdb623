//! The faults of an input, field by field, all at once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One broken rule of one field. It never holds the rejected value, which may be personal or hostile.
///
/// ```
/// use message_envelope::{Fault, json};
///
/// let fault = Fault { field: "count".to_owned(), rule: "must be at least 1".to_owned() };
/// assert_eq!(json::write(&fault).unwrap(), r#"{"field":"count","rule":"must be at least 1"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The field's name as the caller wrote it.
    pub field: String,
    /// The rule that the field breaks, in words that tell the caller what to send.
    pub rule: String,
}

/// Every fault of one input. No retry helps: the input itself has to change.
///
/// ```
/// use message_envelope::Faults;
///
/// let mut faults = Faults::none();
/// let count = faults.check("count", "two".parse::<u32>());
/// faults.add("sku", "is missing");
/// assert_eq!((count, faults.is_empty()), (None, false));
/// assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["count", "sku"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// No fault so far.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds the fault that `field` breaks `rule`.
    pub fn add(&mut self, field: impl Into<String>, rule: impl fmt::Display) {
        self.0.push(Fault { field: field.into(), rule: rule.to_string() });
    }

    /// Returns a valid value, or adds the fault of an invalid one.
    pub fn check<T, E: fmt::Display>(&mut self, field: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.map_err(|rule| self.add(field, rule)).ok()
    }

    /// True if there is no fault.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, Fault { field, rule }) in self.0.iter().enumerate() {
            write!(f, "{}{field}: {rule}", if n == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
