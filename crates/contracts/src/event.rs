//! What is told to whoever is interested.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    CustomerId, Distance, Duration, Fault, HerdName, Money, Place, PrebookingId, Quote, RfqId,
    RideCompletion, RideId, RidePrebooking,
};

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

/// A ride has been prebooked, and is to be confirmed or rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrebookingSubmitted {
    /// The prebooking.
    pub prebooking: PrebookingId,
    /// Who wants to ride.
    pub customer: CustomerId,
    /// Where it is to start.
    pub from: Place,
    /// Where it is to end.
    pub to: Place,
    /// When it is to start.
    pub when: Timestamp,
}

impl PrebookingSubmitted {
    /// The event that tells of a sound prebooking.
    #[must_use]
    pub fn new(prebooking: PrebookingId, sound: RidePrebooking) -> Self {
        let RidePrebooking { from, to, when, customer } = sound;
        Self { prebooking, customer, from, to, when }
    }
}

/// What was submitted as a prebooking is none. It tells the rules that were broken, not what broke them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrebookingRejected {
    /// The prebooking.
    pub prebooking: PrebookingId,
    /// Every broken rule.
    pub reasons: Vec<Fault>,
}

/// Of one prebooking there is one event, submitted or rejected, so both have its id.
impl EventPayload for PrebookingSubmitted {
    const TYPE: &'static str = "PrebookingSubmitted";

    fn id(&self) -> String {
        self.prebooking.to_string()
    }

    fn subject(&self) -> String {
        format!("prebooking/{}", self.prebooking)
    }
}

impl EventPayload for PrebookingRejected {
    const TYPE: &'static str = "PrebookingRejected";

    fn id(&self) -> String {
        self.prebooking.to_string()
    }

    fn subject(&self) -> String {
        format!("prebooking/{}", self.prebooking)
    }
}

/// Quotes for a ride right now are asked for. It says nothing of who wants to ride: a quote doesn't depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotesRequested {
    /// The correlation identifier: each answer names it.
    pub rfq: RfqId,
    /// Where the ride is to start.
    pub from: Place,
    /// Where it is to end.
    pub to: Place,
    /// Who is asked.
    pub herds: Vec<HerdName>,
    /// The return address: the queue that answers go to.
    pub reply_to: String,
    /// When the request expires: an answer after it is of no use to anyone.
    pub reply_by: Timestamp,
}

/// A herd offers a ride: the answer to `QuotesRequested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RideQuoted {
    /// The request that it answers.
    pub rfq: RfqId,
    /// What is offered.
    #[serde(flatten)]
    pub quote: Quote,
}

/// The time for answers is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RfqDeadlineReached {
    /// The request that may wait no longer.
    pub rfq: RfqId,
}

impl EventPayload for QuotesRequested {
    const TYPE: &'static str = "QuotesRequested";

    fn id(&self) -> String {
        self.rfq.to_string()
    }

    fn subject(&self) -> String {
        format!("rfq/{}", self.rfq)
    }
}

/// A herd answers a request once, so a second answer has the id of the first.
impl EventPayload for RideQuoted {
    const TYPE: &'static str = "RideQuoted";

    fn id(&self) -> String {
        format!("{}-{}", self.rfq, self.quote.responder)
    }

    fn subject(&self) -> String {
        format!("rfq/{}", self.rfq)
    }
}

impl EventPayload for RfqDeadlineReached {
    const TYPE: &'static str = "RfqDeadlineReached";

    fn id(&self) -> String {
        format!("{}-deadline", self.rfq)
    }

    fn subject(&self) -> String {
        format!("rfq/{}", self.rfq)
    }
}
