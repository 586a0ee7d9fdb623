//! JSON as it travels through a queue.

use serde::{Deserialize, Serialize};

use crate::EventError;

/// Writes JSON that every queue accepts. SQS refuses a message for two characters that JSON allows and callers send; escaped,
/// they mean the same to every reader.
///
/// # Errors
/// [`EventError::Malformed`] if the value can't be written as JSON.
pub fn write(value: &impl Serialize) -> Result<String, EventError> {
    let json = serde_json::to_string(value).map_err(|error| EventError::Malformed(error.to_string()))?;
    Ok(json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff"))
}

/// Reads JSON. The error gives the position of the fault and never quotes the text.
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
