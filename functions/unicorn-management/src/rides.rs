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
        let labels = [
            ("correlationId", text(&new.correlation_id)),
            ("traceparent", text(new.trace_parent)),
        ];
        once::put_labelled(
            &self.client,
            &self.table,
            "id",
            row(&new.ride),
            once::item(labels),
        )
        .await
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
    let attribute = |name: &str| match row.get(name) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => Ok(value.as_str()),
        _ => Err(malformed(name)),
    };
    fn malformed(name: &str) -> Failure {
        Failure::permanent(
            "MalformedRide",
            format_args!("the row's attribute {name} is missing or unusable"),
        )
    }
    fn read<T, E>(
        name: &str,
        value: Result<&str, Failure>,
        parse: fn(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        parse(value?).map_err(|_| malformed(name))
    }
    let ride = RideCompleted {
        ride: read("id", attribute("id"), RideId::parse)?,
        customer: read("customer", attribute("customer"), CustomerId::parse)?,
        from: read("from", attribute("from"), Place::parse)?,
        to: read("to", attribute("to"), Place::parse)?,
        duration: read("duration", attribute("duration"), Duration::parse)?,
        distance: read("distance", attribute("distance"), Distance::parse)?,
        fare: read("fare", attribute("fare"), Money::parse)?,
    };
    let time: Timestamp = read(once::RECORDED_AT, attribute(once::RECORDED_AT), str::parse)?;
    let correlation_id = read("correlationId", attribute("correlationId"), CorrelationId::parse)?;
    let mut event = Event::new(SOURCE, time, correlation_id, ride);
    event.traceparent = attribute("traceparent").ok().and_then(TraceParent::parse);
    Ok(event)
}
