//! The Rides table: completed rides as rows, and rows as the events they become.

use aws_sdk_dynamodb::Client;
use domain::{CorrelationId, CustomerId, Distance, Duration, Money, Place, RideCompleted, RideId};
use jiff::Timestamp;
use messaging::{
    Event, Failure, TraceParent,
    once::{self, Item, Written, number, text},
};
use serde_dynamo::AttributeValue;

const SOURCE: &str = "/wild-rydes/unicorn-management";

/// The Rides table.
#[derive(Debug)]
pub struct Rides {
    client: Client,
    table: String,
}

/// A ride to store.
#[derive(Debug)]
pub(crate) struct NewRide {
    pub ride: RideCompleted,
    pub correlation_id: CorrelationId,
    pub trace_parent: TraceParent,
}

impl Rides {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a ride once: the second time with the same id and content nothing changes.
    pub(crate) async fn store(&self, new: NewRide) -> Result<Written, Failure> {
        // Labels of one request, not part of what is stored: a repeated request may carry others.
        let labels = [("correlationId", text(&new.correlation_id)), ("traceparent", text(new.trace_parent))];
        once::put_labelled(&self.client, &self.table, "id", row(&new.ride), once::item(labels)).await
    }
}

pub(crate) fn row(ride: &RideCompleted) -> Item {
    once::item([
        ("id", text(ride.ride)),
        ("customer", text(&ride.customer)),
        ("from", text(&ride.from)),
        ("to", text(&ride.to)),
        ("duration", number(ride.duration)),
        ("distance", number(ride.distance)),
        ("fare", number(ride.fare)),
    ])
}

/// The event that a stored row becomes. It depends on nothing but the row, so that publishing the row again
/// publishes the same event.
pub(crate) fn event(row: &serde_dynamo::Item) -> Result<Event<RideCompleted>, Failure> {
    let ride = RideCompleted {
        ride: read(row, "id", RideId::parse)?,
        customer: read(row, "customer", CustomerId::parse)?,
        from: read(row, "from", Place::parse)?,
        to: read(row, "to", Place::parse)?,
        duration: read(row, "duration", Duration::parse)?,
        distance: read(row, "distance", Distance::parse)?,
        fare: read(row, "fare", Money::parse)?,
    };
    let time: Timestamp = read(row, once::RECORDED_AT, str::parse)?;
    let mut event = Event::new(SOURCE, time, read(row, "correlationId", CorrelationId::parse)?, ride);
    event.traceparent = attribute(row, "traceparent").and_then(TraceParent::parse);
    Ok(event)
}

fn read<T, E>(row: &serde_dynamo::Item, name: &str, parse: fn(&str) -> Result<T, E>) -> Result<T, Failure> {
    attribute(row, name).and_then(|value| parse(value).ok()).ok_or_else(|| {
        let detail = format_args!("the row's attribute {name} is missing or unusable");
        Failure::permanent("MalformedRide", detail)
    })
}

fn attribute<'a>(row: &'a serde_dynamo::Item, name: &str) -> Option<&'a str> {
    match row.get(name)? {
        AttributeValue::S(value) | AttributeValue::N(value) => Some(value),
        _ => None,
    }
}
