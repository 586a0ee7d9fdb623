use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A name that no other test has.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}-{}", Uuid::now_v7().simple())
}

/// The two events that a ride's customer is notified of: the completed ride and the paid fare.
pub fn notified_events(ride: &str) -> [String; 2] {
    [ride.to_owned(), format!("{ride}-collected")]
}

/// A ride completion to report: valid and extraordinary, with a new customer, unless a test changes it.
#[derive(Debug, Clone)]
pub struct Ride(Map<String, Value>);

impl Default for Ride {
    fn default() -> Self {
        let ride = json!({"from": "Berlin", "to": "Frankfurt", "duration": 420, "distance": 600,
                          "customer": unique("c"), "fare": 256.50});
        Self(ride.as_object().unwrap().clone())
    }
}

impl Ride {
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.0.remove(field);
        self
    }

    pub fn customer(&self) -> &str {
        self.0["customer"].as_str().unwrap()
    }

    /// The request's body.
    pub fn json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}
