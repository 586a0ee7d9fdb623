//! Opens the fare of a completed ride.

use domain::RideCompleted;
use messaging::{
    Event, Failure,
    consumer::{Effect, Receiver},
};

use crate::Ledger;

/// The receiver of completed rides.
#[derive(Debug)]
pub struct OpenFare {
    ledger: Ledger,
}

impl OpenFare {
    /// Enters fares into this ledger.
    #[must_use]
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger }
    }
}

impl Receiver for OpenFare {
    type Payload = RideCompleted;

    async fn receive(&self, event: Event<RideCompleted>) -> Result<Effect, Failure> {
        Ok(self.ledger.open_fare(&event.data).await?.into())
    }
}
