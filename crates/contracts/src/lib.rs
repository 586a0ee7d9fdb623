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
mod quote;
mod raw;
mod rfq;
mod ride;
#[cfg(feature = "samples")]
mod sample;

pub use event::{
    EventPayload, FareCollected, FareCollectionFailed, PrebookingRejected, PrebookingSubmitted,
    QuotesRequested, RfqDeadlineReached, RideCompleted, RideQuoted,
};
pub use fault::{Fault, Faults};
pub use id::{CorrelationId, CustomerId, HerdName, IdempotencyKey, PrebookingId, RfqId, RideId};
pub use loyalty::{Points, Tier};
pub use measure::{Distance, Duration};
pub use money::Money;
pub use place::Place;
pub use prebooking::RidePrebooking;
pub use quote::{PriceList, Quote, RawPriceList, best};
pub use raw::{RawFields, RawValue};
pub use rfq::{InstantRideRfq, ReplyWithin, ReplyWithinError};
pub use ride::RideCompletion;
