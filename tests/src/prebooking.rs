//! Prebookings, as seen from outside.

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};

use crate::{World, fault_injection::restoring, unique, world::text};

/// A prebooking to submit: valid, with a new customer, unless a test changes it.
#[derive(Debug, Clone)]
pub struct Prebooking(Map<String, Value>);

impl Default for Prebooking {
    fn default() -> Self {
        let prebooking =
            json!({"from": "Berlin", "to": "Bonn", "when": in_days(30), "customer": unique("c")});
        Self(prebooking.as_object().unwrap().clone())
    }
}

impl Prebooking {
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// The request's body.
    pub fn json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// The time in this many days (or so many days ago, if negative), in RFC 3339.
pub fn in_days(days: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days)).to_string()
}

impl World {
    /// The status of a prebooking in the table, and the time of its decision.
    pub async fn prebooking(&self, id: &str) -> Option<(String, Option<String>)> {
        let item = self.item("ride-booking", "PrebookingsTableName", &[("id", id)]).await?;
        let decided = item.get("decidedAt").and_then(|at| at.as_s().ok().cloned());
        Some((text(&item, "status"), decided))
    }

    /// The number of these bookings that have this status.
    pub async fn prebookings_with(&self, ids: &[String], status: &str) -> usize {
        let table = self.output("ride-booking", "PrebookingsTableName");
        let mut count = 0;
        for some in ids.chunks(100) {
            let key = |id: &String| [("id".to_owned(), AttributeValue::S(id.clone()))].into();
            let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
                .set_keys(Some(some.iter().map(key).collect()))
                .consistent_read(true)
                .build()
                .unwrap();
            let got = self.dynamodb.batch_get_item().request_items(table, keys).send().await.unwrap();
            let items = got.responses.unwrap_or_default().remove(table).unwrap_or_default();
            count += items.iter().filter(|item| text(item, "status") == status).count();
        }
        count
    }

    /// The number of stored bookings. The table also has items for keys and repetitions, which don't count.
    pub async fn prebooking_count(&self) -> i32 {
        let scan = self.dynamodb.scan().table_name(self.output("ride-booking", "PrebookingsTableName"));
        let scan = scan.filter_expression("attribute_exists(submittedAt) AND attribute_not_exists(booking)");
        scan.select(aws_sdk_dynamodb::types::Select::Count).consistent_read(true).send().await.unwrap().count
    }

    /// Stops the delivery to a function while something happens.
    pub async fn while_disabled<T>(&self, function: &str, what: impl Future<Output = T>) -> T {
        let lambda = aws_sdk_lambda::Client::new(self.aws());
        let name = format!("wild-rydes-{}-{function}:live", self.deployment.stage);
        let mappings = lambda.list_event_source_mappings().function_name(&name).send().await.unwrap();
        let mappings = mappings.event_source_mappings.unwrap_or_default();
        assert!(!mappings.is_empty(), "{function} receives from nowhere");
        let set = async |enabled: bool| {
            for mapping in &mappings {
                let update = lambda.update_event_source_mapping().uuid(mapping.uuid.as_ref().unwrap());
                update.enabled(enabled).send().await.unwrap();
            }
        };
        set(false).await;
        restoring(what, async || set(true).await).await
    }
}
