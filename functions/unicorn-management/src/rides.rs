//! The Rides table: completed rides as rows, and the events that follow from rows.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use contracts::{CustomerId, Distance, Duration, Money, Place, RideCompleted, RideId};
use jiff::Timestamp;
use lambda_messaging::{
    CorrelationId, Event, Failure, TraceParent,
    idempotency_key::{Key, KeyedTable},
    idempotent_write,
    item::{self, Item, number, text},
    outbox::Row,
};
use serde_json::Value;

use crate::SOURCE;

/// The Rides table.
#[derive(Debug)]
pub struct Rides {
    client: Client,
    table: String,
    keyed: KeyedTable,
}

/// A ride to store.
#[derive(Debug)]
pub(crate) struct NewRide {
    pub ride: RideCompleted,
    pub key: Option<Key>,
    pub correlation_id: CorrelationId,
    pub trace_parent: TraceParent,
}

impl Rides {
    /// The table of this name; the other one says which ride a key stands for.
    #[must_use]
    pub fn new(client: Client, table: String, keys: String) -> Self {
        Self { keyed: KeyedTable::new(client.clone(), table.clone(), keys), client, table }
    }

    /// Stores a ride; returns the ride that the key stands for, which may be an earlier one.
    pub(crate) async fn store(&self, new: NewRide) -> Result<RideId, Failure> {
        // Labels of one request, not part of the ride.
        let labels = [("correlationId", text(&new.correlation_id)), ("traceparent", text(new.trace_parent))];
        let (id, mut row, labels) = (new.ride.ride, row(&new.ride), item::new(labels));
        let Some(key) = &new.key else {
            return idempotent_write::put_labelled(&self.client, &self.table, "id", row, labels)
                .await
                .map(|_| id);
        };
        row.extend(labels);
        let stored = self.keyed.put(key, &id.to_string(), row).await?;
        RideId::parse(&stored).map_err(|error| Failure::permanent("MalformedRow", error))
    }
}

pub(crate) fn row(ride: &RideCompleted) -> Item {
    item::new([
        ("id", text(ride.ride)),
        ("customer", text(&ride.customer)),
        ("from", text(&ride.from)),
        ("to", text(&ride.to)),
        ("duration", number(ride.duration)),
        ("distance", number(ride.distance)),
        ("fare", number(ride.fare)),
    ])
}

/// The fields of the report: the same for the same ride, however its numbers were written.
pub(crate) fn reported(ride: &RideCompleted) -> Value {
    let characters = |value| match value {
        AttributeValue::S(value) | AttributeValue::N(value) => Value::String(value),
        _ => Value::Null,
    };
    let row = row(ride).into_iter().filter(|(name, _)| name != "id");
    row.map(|(name, value)| (name, characters(value))).collect()
}

/// The event that follows from a stored row. It depends on nothing but the row, so that publishing again publishes the same event.
pub(crate) fn event(row: &Row) -> Result<Event<RideCompleted>, Failure> {
    let ride = RideCompleted {
        ride: row.read("id", RideId::parse)?,
        customer: row.read("customer", CustomerId::parse)?,
        from: row.read("from", Place::parse)?,
        to: row.read("to", Place::parse)?,
        duration: row.read("duration", Duration::parse)?,
        distance: row.read("distance", Distance::parse)?,
        fare: row.read("fare", Money::parse)?,
    };
    let time: Timestamp = row.read(item::RECORDED_AT, str::parse)?;
    let mut event = Event::new(SOURCE, time, row.read("correlationId", CorrelationId::parse)?, ride);
    event.traceparent = row.text("traceparent").and_then(TraceParent::parse);
    Ok(event)
}
