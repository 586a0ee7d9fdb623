//! A message for a topic.

use std::collections::HashMap;

use aws_sdk_sns::types::MessageAttributeValue;
use serde::Serialize;

use crate::{CorrelationId, Event, Failure};

/// An event on its way to a topic.
#[derive(Debug, Clone)]
pub struct Message {
    pub(super) event_id: String,
    pub(super) correlation_id: CorrelationId,
    pub(super) body: String,
    pub(super) attributes: HashMap<String, MessageAttributeValue>,
}

impl Message {
    /// A message with the event as its body, and the event's type as an attribute that subscribers can filter by.
    pub fn from_event<T: Serialize>(event: &Event<T>) -> Result<Self, Failure> {
        let message = Self {
            event_id: event.id.clone(),
            correlation_id: event.correlationid.clone(),
            body: event.to_json()?,
            attributes: HashMap::new(),
        };
        Ok(message.text("type", event.event_type.as_str()))
    }

    /// Adds a string that subscribers can filter by.
    #[must_use]
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.attribute(name, "String", value.into())
    }

    /// Adds a list of strings. A filter that names any of them lets the message pass.
    #[must_use]
    pub fn texts(self, name: &str, values: &[impl AsRef<str>]) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        self.attribute(name, "String.Array", serde_json::json!(values).to_string())
    }

    /// Adds a number that subscribers can filter by.
    #[must_use]
    pub fn number(self, name: &str, value: &impl ToString) -> Self {
        self.attribute(name, "Number", value.to_string())
    }

    fn attribute(mut self, name: &str, data_type: &str, value: String) -> Self {
        let value = MessageAttributeValue::builder().data_type(data_type).string_value(value).build();
        self.attributes.extend(value.ok().map(|value| (name.to_owned(), value)));
        self
    }

    /// The size that counts towards the limit of a batch: body and attributes.
    pub(super) fn size(&self) -> usize {
        let text = |value: &MessageAttributeValue| {
            value.data_type().len() + value.string_value().map_or(0, str::len)
        };
        self.body.len() + self.attributes.iter().map(|(name, value)| name.len() + text(value)).sum::<usize>()
    }
}
