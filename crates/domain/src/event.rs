//! What is told to whoever is interested.

use serde::{Deserialize, Serialize};

use crate::{CustomerId, Distance, Duration, Money, Place, RideCompletion, RideId};

/// The `data` of an event.
pub trait EventPayload {
    /// The event's `type`.
    const TYPE: &'static str;
    /// The event's `id`: the same however often the event is published.
    fn id(&self) -> String;
    /// The event's `subject`: what it is about.
    fn subject(&self) -> String;
}

/// A ride has been completed. Decimals travel as strings, whole numbers as numbers; a reader ignores fields
/// that it doesn't know, so adding one breaks nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RideCompleted {
    /// The ride.
    pub ride: RideId,
    /// Who rode.
    pub customer: CustomerId,
    /// Where it started.
    pub from: Place,
    /// Where it ended.
    pub to: Place,
    /// Minutes.
    pub duration: Duration,
    /// Kilometres.
    pub distance: Distance,
    /// What it costs, in the deployment's currency.
    pub fare: Money,
}

impl RideCompleted {
    /// The event that tells of an accepted ride.
    #[must_use]
    pub fn new(ride: RideId, completion: RideCompletion) -> Self {
        let RideCompletion { from, to, duration, distance, customer, fare } = completion;
        Self { ride, customer, from, to, duration, distance, fare }
    }
}

impl EventPayload for RideCompleted {
    const TYPE: &'static str = "RideCompleted";

    fn id(&self) -> String {
        self.ride.to_string()
    }

    fn subject(&self) -> String {
        format!("ride/{}", self.ride)
    }
}

/// A fare has been collected: captured from the customer and credited in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FareCollected {
    /// The fare, which has the id of its ride.
    pub fare: RideId,
    /// Who paid.
    pub customer: CustomerId,
    /// What was paid, in the deployment's currency.
    pub amount: Money,
}

/// A fare could not be collected, and whatever had been done for it has been taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FareCollectionFailed {
    /// The fare, which has the id of its ride.
    pub fare: RideId,
    /// Who still owes.
    pub customer: CustomerId,
    /// What is owed, in the deployment's currency.
    pub amount: Money,
    /// The name of the error that ended the collection, as in `PaymentAuthException`.
    pub reason: String,
}

impl EventPayload for FareCollected {
    const TYPE: &'static str = "FareCollected";

    fn id(&self) -> String {
        format!("{}-collected", self.fare)
    }

    fn subject(&self) -> String {
        format!("fare/{}", self.fare)
    }
}

impl EventPayload for FareCollectionFailed {
    const TYPE: &'static str = "FareCollectionFailed";

    fn id(&self) -> String {
        format!("{}-failed", self.fare)
    }

    fn subject(&self) -> String {
        format!("fare/{}", self.fare)
    }
}
