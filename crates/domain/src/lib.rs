//! What Wild Rydes is about: rides, fares, money, ids and events. Pure: no AWS, no clock, no network.
//!
//! Every type is valid by construction: its fields are private and parsing is the only way in, for JSON too
//! (`serde(try_from)`), so holding a value proves that it keeps its rules.

mod decimal;
mod event;
mod fault;
mod id;
mod loyalty;
mod measure;
mod money;
mod place;
mod prebooking;
mod raw;
mod ride;
#[cfg(feature = "samples")]
mod sample;

pub use event::{
    EventPayload, FareCollected, FareCollectionFailed, PrebookingRejected, PrebookingSubmitted, RideCompleted,
};
pub use fault::{Fault, Faults};
pub use id::{CorrelationId, CustomerId, IdempotencyKey, PrebookingId, RideId};
pub use loyalty::{Points, Tier};
pub use measure::{Distance, Duration};
pub use money::Money;
pub use place::Place;
pub use prebooking::RidePrebooking;
pub use raw::{RawFields, RawValue};
pub use ride::RideCompletion;
