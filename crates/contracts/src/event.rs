//! The events that services publish.

use jiff::Timestamp;
use message_envelope::{EventPayload, Fault};
use serde::{Deserialize, Serialize};

use crate::{CustomerId, Distance, Duration, HerdName, Money, Place, PrebookingId, Quote, RfqId, RideId};

/// A ride has been completed. Decimals travel as strings, whole numbers as numbers. A reader ignores fields that it doesn't know,
/// so a new field breaks no reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RideCompleted {
    /// The ride.
    pub ride: RideId,
    /// The customer who rode.
    pub customer: CustomerId,
    /// The place where it started.
    pub from: Place,
    /// The place where it ended.
    pub to: Place,
    /// Minutes.
    pub duration: Duration,
    /// Kilometres.
    pub distance: Distance,
    /// Its price, in the deployment's currency.
    pub fare: Money,
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
    /// The customer who paid.
    pub customer: CustomerId,
    /// The amount paid, in the deployment's currency.
    pub amount: Money,
}

/// A fare could not be collected, and every step of the collection has been compensated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FareCollectionFailed {
    /// The fare, which has the id of its ride.
    pub fare: RideId,
    /// The customer who still owes.
    pub customer: CustomerId,
    /// The amount owed, in the deployment's currency.
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
    /// The customer who wants to ride.
    pub customer: CustomerId,
    /// The place where the ride is to start.
    pub from: Place,
    /// The place where the ride is to end.
    pub to: Place,
    /// The time when the ride is to start.
    pub when: Timestamp,
}

/// A submission is not a valid prebooking. The event names the broken rules, and not the values that broke them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrebookingRejected {
    /// The prebooking.
    pub prebooking: PrebookingId,
    /// Every broken rule.
    pub reasons: Vec<Fault>,
}

/// Each prebooking has one event, submitted or rejected, so both have its id.
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

/// A customer requests quotes for a ride that starts now. The event doesn't name the customer: no quote depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotesRequested {
    /// The correlation identifier: each quote names it.
    pub rfq: RfqId,
    /// The place where the ride is to start.
    pub from: Place,
    /// The place where the ride is to end.
    pub to: Place,
    /// The recipient list: the herds that are asked.
    pub herds: Vec<HerdName>,
    /// The return address: the queue for the quotes.
    pub reply_to: String,
    /// The deadline for quotes: a later quote has no use.
    pub reply_by: Timestamp,
}

/// A herd offers a ride: the reply to [`QuotesRequested`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RideQuoted {
    /// The request that the quote replies to.
    pub rfq: RfqId,
    /// The offer.
    #[serde(flatten)]
    pub quote: Quote,
}

/// The deadline for quotes has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RfqDeadlineReached {
    /// The request whose deadline has passed.
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

/// A herd replies to a request once, so a second reply has the id of the first.
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
