//! The Rides table: completed rides as rows, and rows as the events they become.

use aws_sdk_dynamodb::Client;
use domain::{CorrelationId, CustomerId, Distance, Duration, Money, Place, RideCompleted, RideId};
use jiff::Timestamp;
use messaging::{
    Event, Failure, TraceParent,
    once::{self, Item, Written, number, text},
    outbox::Row,
};

use crate::SOURCE;

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
    let time: Timestamp = row.read(once::RECORDED_AT, str::parse)?;
    let mut event = Event::new(SOURCE, time, row.read("correlationId", CorrelationId::parse)?, ride);
    event.traceparent = row.text("traceparent").and_then(TraceParent::parse);
    Ok(event)
}
