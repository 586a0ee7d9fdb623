//! Takes the moves of parcels: each parcel's in their order, each move once.

mod parcels;

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Effect, Event, EventPayload, Failure, Function, Service,
    consumer::{self, Receiver},
};
use parcels::Parcels;
use serde::Deserialize;

/// A parcel has arrived at the next place on its way.
#[derive(Debug, Deserialize)]
struct ParcelMoved {
    parcel: String,
    /// 1 for the first move of a parcel, 2 for its second.
    step: u32,
    place: String,
}

impl EventPayload for ParcelMoved {
    const TYPE: &'static str = "ParcelMoved";

    fn id(&self) -> String {
        format!("{}-{}", self.parcel, self.step)
    }

    fn subject(&self) -> String {
        format!("parcel/{}", self.parcel)
    }
}

struct MoveParcel {
    parcels: Parcels,
}

impl Receiver for MoveParcel {
    type Payload = ParcelMoved;

    async fn receive(&self, event: Event<ParcelMoved>) -> Result<Effect, Failure> {
        let ParcelMoved { parcel, step, place } = &event.data;
        Ok(self.parcels.advance(parcel, *step, place).await?.into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(Service::new("Examples", "fifo-consumer")).await;
    let [table] = function.settings([("PARCELS_TABLE_NAME", "the table of parcels")])?;
    let receiver = MoveParcel { parcels: Parcels::new(Client::new(function.aws()), table) };
    consumer::run(consumer::events_in_order(&function, receiver)?).await
}
