//! The services that take an event, as their stacks declare it: an output `<Event>Effect` for each type of event that a service
//! takes. `docs/adding-a-service.md` describes its content.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    deployment::Deployment,
    error::Error,
    filter::{Verdict, judge},
    lake::Lake,
    tables::{Item, Tables, time, value},
    words::Words,
};

/// A service that takes a type of event.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// The service, by the name of its stack.
    pub service: String,
    /// The type of event.
    pub event: String,
    declared: Declaration,
}

/// The content of an output `<Event>Effect`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    queue: String,
    #[serde(rename = "if")]
    condition: Option<Value>,
    table: Option<String>,
    #[serde(default)]
    key: Key,
    #[serde(default)]
    holds: Key,
    #[serde(default)]
    items: BTreeMap<String, Key>,
    #[serde(default)]
    lake: bool,
    says: Option<Words>,
    #[serde(default)]
    calls: BTreeMap<String, u32>,
}

/// Attributes, each with a text of the event's fields.
type Key = BTreeMap<String, Words>;

/// An event, as far as effects depend on it.
#[derive(Debug, Clone)]
pub struct Published {
    /// The event's id.
    pub id: String,
    /// The time of the event.
    pub time: Timestamp,
    /// The fields of its data that are texts or numbers.
    pub data: BTreeMap<String, String>,
}

/// An effect in words, and its time; `None` while there is no effect.
pub type Seen = Option<(String, Option<Timestamp>)>;

/// The place where an effect is seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenIn {
    /// A table, by the output that names it.
    Table(String),
    /// The data lake.
    Lake,
    /// Another service, which sees the effect as an answer.
    Elsewhere,
}

impl Published {
    /// Reads an event from a message's body.
    ///
    /// # Errors
    /// If it lacks its id, its time or its data.
    pub fn from_message(event: &Value) -> Result<Self, Error> {
        let time = event["time"].as_str().and_then(|time| time.parse().ok());
        let (Some(id), Some(time), Some(data)) = (event["id"].as_str(), time, event["data"].as_object())
        else {
            return Err(Error::Unexpected(
                "the message is no event: it lacks its id, time or data".to_owned(),
            ));
        };
        let field = |(name, value): (&String, &Value)| match value {
            Value::String(text) => Some((name.clone(), text.clone())),
            Value::Number(number) => Some((name.clone(), number.to_string())),
            _ => None,
        };
        Ok(Self { id: id.to_owned(), time, data: data.iter().filter_map(field).collect() })
    }

    fn field(&self, name: &str) -> Option<String> {
        if name == "id" { Some(self.id.clone()) } else { self.data.get(name).cloned() }
    }
}

impl Deployment {
    /// The subscribers of all types of event, by the names of their services.
    ///
    /// # Errors
    /// If a declaration can't be read.
    pub fn subscribers(&self) -> Result<Vec<Subscriber>, Error> {
        let mut subscribers = Vec::new();
        for (service, stack) in self.stacks() {
            for (output, declared) in &stack.outputs {
                let Some(event) = output.strip_suffix("Effect") else { continue };
                let declared = serde_json::from_str(declared).map_err(|error| {
                    let stack = format!("wild-rydes-{}-{service}", self.stage);
                    Error::Unexpected(format!("output {output} of stack {stack} can't be read: {error}"))
                })?;
                let (service, event) = (service.to_owned(), event.to_owned());
                subscribers.push(Subscriber { service, event, declared });
            }
        }
        Ok(subscribers)
    }

    /// The subscribers of a type of event, by the names of their services.
    ///
    /// # Errors
    /// If a declaration can't be read.
    pub fn subscribers_of(&self, event: &str) -> Result<Vec<Subscriber>, Error> {
        let all = self.subscribers()?.into_iter();
        Ok(all.filter(|subscriber| subscriber.event == event).collect())
    }
}

impl Subscriber {
    /// Its buffer queue, as the outputs of its stack name it: `CustomerLoyalty` for `CustomerLoyaltyQueueUrl`.
    #[must_use]
    pub fn queue(&self) -> &str {
        &self.declared.queue
    }

    /// True if the service should take an event, by its own declaration and not by its subscription's filter.
    #[must_use]
    pub fn takes(&self, event: &Published) -> bool {
        let condition = self.declared.condition.as_ref();
        condition.is_none_or(|condition| judge(condition, |name| event.field(name)) == Verdict::Passes)
    }

    /// The place where its effect is seen.
    #[must_use]
    pub fn seen_in(&self) -> SeenIn {
        match &self.declared.table {
            Some(table) => SeenIn::Table(format!("{table}TableName")),
            None if self.declared.lake => SeenIn::Lake,
            None => SeenIn::Elsewhere,
        }
    }

    /// The calls to AWS that an event costs, and the number of each.
    #[must_use]
    pub fn calls(&self) -> &BTreeMap<String, u32> {
        &self.declared.calls
    }

    /// The effect of an event in words, and its time; `None` while there is no effect.
    ///
    /// # Errors
    /// If the declaration doesn't fit the event or the stack, or a call fails.
    pub async fn effect(&self, tables: &Tables<'_>, lake: &Lake, event: &Published) -> Result<Seen, Error> {
        let table = match self.seen_in() {
            SeenIn::Table(table) => table,
            SeenIn::Lake => return lake.filed(&self.event, &event.id, event.time).await,
            SeenIn::Elsewhere => return Ok(None),
        };
        let Some(item) = tables.items(&self.service, &table, &[self.key(event)?]).await?.pop() else {
            return Ok(None);
        };
        let mut others = BTreeMap::new();
        for (name, key) in &self.declared.items {
            let found = tables.items(&self.service, &table, &[self.filled(key, event)?]).await?.pop();
            others.insert(name.as_str(), found.unwrap_or_default());
        }
        Ok(self.says(&item, |item| others.get(item)).map(|words| (words, time(&item, "recordedAt"))))
    }

    /// The key of the item that is the effect of an event.
    ///
    /// # Errors
    /// If the declaration names a field that the event lacks.
    pub fn key(&self, event: &Published) -> Result<Item, Error> {
        self.filled(&self.declared.key, event)
    }

    /// The attributes of the key.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.declared.key.keys().map(String::as_str)
    }

    /// True if the item is the effect of an event, with the values that the service declares.
    #[must_use]
    pub fn is_effect(&self, item: &Item, event: &Published) -> bool {
        let holds = |(name, words): (&String, &Words)| {
            words.fill(|field| event.field(field)).is_some_and(|wanted| is_same(&value(item, name), &wanted))
        };
        // Other items are not compared, because they change with later events.
        let there = self.says(item, |_| None).is_some();
        there && self.declared.holds.iter().all(holds)
    }

    /// One of these fields of the event whose effect an item is, read from the item's key; `None` if the item is no effect.
    #[must_use]
    pub fn event_field(&self, item: &Item, fields: &[&str]) -> Option<String> {
        self.declared.key.iter().find_map(|(name, words)| words.read(&value(item, name), fields))
    }

    fn filled(&self, key: &Key, event: &Published) -> Result<Item, Error> {
        let attribute = |(name, words): (&String, &Words)| {
            let value = words.fill(|field| event.field(field));
            value.map(|value| (name.clone(), AttributeValue::S(value)))
        };
        let filled: Option<Item> = key.iter().map(attribute).collect();
        filled.ok_or_else(|| {
            let Self { service, event, .. } = self;
            let what = format!("output {event}Effect of {service} names a field that the event lacks");
            Error::Unexpected(what)
        })
    }

    /// The effect in words; `None` if there are no words for the item's state. Attributes of another item are left out if that item is
    /// unknown.
    fn says<'a>(&self, item: &Item, other: impl Fn(&str) -> Option<&'a Item>) -> Option<String> {
        let attribute = |item: &Item, name: &str| item.contains_key(name).then(|| value(item, name));
        self.declared.says.as_ref()?.fill(|name| match name.split_once('.') {
            Some((of, name)) => other(of).map_or_else(|| Some("0".to_owned()), |item| attribute(item, name)),
            None => attribute(item, name),
        })
    }
}

/// True if two values are the same. Trailing zeros of numbers don't count.
fn is_same(a: &str, b: &str) -> bool {
    let number = |text: &str| text.parse::<Decimal>().ok();
    a == b || number(a).is_some_and(|a| number(b) == Some(a))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn loyalty() -> Subscriber {
        let declared = json!({
            "queue": "CustomerLoyalty", "table": "LoyaltyPoints", "if": {"fare": [{"numeric": [">=", 1]}]},
            "key": {"customer": "{customer}", "entry": "RIDE#{ride}"}, "holds": {"points": "{fare:floor}"},
            "items": {"total": {"customer": "{customer}", "entry": "BALANCE"}},
            "says": "{points} points, {total.points:0=Foal|500=Pony}",
        });
        let declared = serde_json::from_value(declared).unwrap();
        Subscriber { service: "customer-loyalty".into(), event: "RideCompleted".into(), declared }
    }

    fn ride(fare: &str) -> Published {
        let data = json!({"ride": "r", "customer": "c", "fare": fare, "herds": []});
        let event = json!({"id": "r", "time": "2026-11-23T12:00:00Z", "data": data});
        Published::from_message(&event).unwrap()
    }

    fn item(attributes: &[(&str, &str)]) -> Item {
        let text =
            |(name, value): &(&str, &str)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()));
        attributes.iter().map(text).collect()
    }

    #[test]
    fn the_key_of_an_effect_is_made_of_the_event_and_read_back() {
        let (loyalty, key) = (loyalty(), item(&[("customer", "c"), ("entry", "RIDE#r")]));
        assert_eq!(loyalty.key(&ride("1")).unwrap(), key);
        assert_eq!(loyalty.event_field(&key, &["id", "ride"]).as_deref(), Some("r"));
        assert_eq!(loyalty.event_field(&item(&[("customer", "c"), ("entry", "BALANCE")]), &["ride"]), None);
    }

    #[test]
    fn an_effect_has_the_values_that_its_service_declares() {
        let award = item(&[("points", "256")]);
        assert!(loyalty().is_effect(&award, &ride("256.50")));
        assert!(!loyalty().is_effect(&award, &ride("257")));
        assert!(!loyalty().is_effect(&Item::new(), &ride("256.50")));
        let total = item(&[("points", "500")]);
        assert_eq!(loyalty().says(&award, |_| Some(&total)).as_deref(), Some("256 points, Pony"));
    }

    #[test]
    fn an_event_is_taken_by_the_declared_condition() {
        assert!(loyalty().takes(&ride("1.00")));
        assert!(!loyalty().takes(&ride("0.99")));
    }
}
