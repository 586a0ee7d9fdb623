//! The events that customers are notified of.

use contracts::{CustomerId, FareCollected, FareCollectionFailed, RideCompleted, RideId};
use lambda_messaging::{EventError, EventPayload, IncomingPayload, json};
use serde::Serialize;

/// The events that a customer gets an e-mail about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Occasion {
    /// A ride is over.
    Ride(RideCompleted),
    /// Its fare was paid.
    Paid(FareCollected),
    /// Its fare could not be paid.
    NotPaid(FareCollectionFailed),
}

impl Occasion {
    /// The customer to notify.
    pub(crate) fn customer(&self) -> &CustomerId {
        match self {
            Self::Ride(ride) => &ride.customer,
            Self::Paid(fare) => &fare.customer,
            Self::NotPaid(fare) => &fare.customer,
        }
    }

    /// The ride that it is about.
    pub(crate) fn ride(&self) -> RideId {
        match self {
            Self::Ride(ride) => ride.ride,
            Self::Paid(fare) => fare.fare,
            Self::NotPaid(fare) => fare.fare,
        }
    }
}

impl IncomingPayload for Occasion {
    fn read(event_type: &str, data: &str) -> Result<Self, EventError> {
        match event_type {
            RideCompleted::TYPE => json::read(data).map(Self::Ride),
            FareCollected::TYPE => json::read(data).map(Self::Paid),
            FareCollectionFailed::TYPE => json::read(data).map(Self::NotPaid),
            _ => Err(EventError::unexpected_type(&[
                RideCompleted::TYPE,
                FareCollected::TYPE,
                FareCollectionFailed::TYPE,
            ])),
        }
    }

    fn event_id(&self) -> String {
        match self {
            Self::Ride(ride) => ride.id(),
            Self::Paid(fare) => fare.id(),
            Self::NotPaid(fare) => fare.id(),
        }
    }
}
