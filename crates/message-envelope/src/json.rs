//! JSON as it travels through a queue.

use serde::{Deserialize, Serialize};

use crate::EventError;

/// Writes JSON that every queue accepts. SQS refuses a message for two characters that JSON allows and callers send; escaped,
/// they mean the same to every reader.
///
/// ```
/// assert_eq!(message_envelope::json::write(&"a\u{ffff}").unwrap(), r#""a\uffff""#);
/// ```
///
/// # Errors
/// [`EventError::Malformed`] if the value can't be written as JSON.
pub fn write(value: &impl Serialize) -> Result<String, EventError> {
    let json = serde_json::to_string(value).map_err(|error| EventError::Malformed(error.to_string()))?;
    Ok(json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

/// Reads JSON. The error gives the position of the fault and never quotes the text.
///
/// ```
/// use message_envelope::json;
///
/// assert_eq!(json::read::<Vec<u8>>("[1, 2]").unwrap(), [1, 2]);
/// let error = json::read::<Vec<u8>>(r#"["secret"]"#).unwrap_err();
/// assert!(!error.to_string().contains("secret"));
/// ```
///
/// # Errors
/// [`EventError::Malformed`] if the text is not JSON, or is not the JSON of such a value.
pub fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, EventError> {
    serde_json::from_str(text).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "is not what an event looks like",
            _ => "is not JSON",
        };
        EventError::Malformed(format!(
            "the message {what} at line {}, column {}",
            error.line(),
            error.column()
        ))
    })
}
