//! A row of a table's stream.

use serde::Deserialize;
use serde_dynamo::AttributeValue;

use crate::Failure;

/// A row as the stream delivers it: all attributes, or only the key if the stream carries nothing else.
///
/// ```
/// use lambda_messaging::outbox::Row;
///
/// let row: Row = serde_json::from_str(
///     r#"{"order": {"S": "o-1"}, "total": {"N": "19.9"}, "articles": {"L": [{"S": "A-7"}, {"S": "B-2"}]}}"#,
/// )
/// .unwrap();
/// assert_eq!(row.text("order"), Some("o-1"));
/// assert_eq!(row.read("total", str::parse::<f64>).unwrap(), 19.9);
/// assert_eq!(row.read_list("articles", |text| Ok::<_, ()>(text.to_owned())).unwrap(), ["A-7", "B-2"]);
/// assert!(!row.read("country", str::parse::<String>).unwrap_err().is_retryable());
/// ```
#[derive(Debug, Deserialize)]
pub struct Row(pub(crate) serde_dynamo::Item);

impl Row {
    /// An attribute's value.
    ///
    /// # Errors
    /// Permanent `MalformedRow` if it is missing or can't be parsed.
    pub fn read<T, E>(&self, name: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, Failure> {
        self.text(name).and_then(|value| parse(value).ok()).ok_or_else(|| malformed(name))
    }

    /// The values of an attribute that is a list.
    ///
    /// # Errors
    /// Permanent `MalformedRow` if it is missing, or one of them can't be parsed.
    pub fn read_list<T, E>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>, Failure> {
        let Some(AttributeValue::L(values)) = self.0.get(name) else {
            return Err(malformed(name));
        };
        let values = values.iter().map(|value| text(value).and_then(|value| parse(value).ok()));
        values.collect::<Option<_>>().ok_or_else(|| malformed(name))
    }

    /// The characters of a string or a number.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        text(self.0.get(name)?)
    }
}

fn text(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::S(value) | AttributeValue::N(value) => Some(value),
        _ => None,
    }
}

fn malformed(name: &str) -> Failure {
    let detail = format_args!("the row's attribute {name} is missing or unusable").to_string();
    Failure::permanent("MalformedRow", detail)
}
