//! The published language of Wild Rydes: the events, ids, amounts and places that more than one service, or a client, reads.
//! A rule that one service alone applies lives in that service. Pure: no AWS, no clock, no network.
//!
//! Every id and every measure is valid by construction: its fields are private, and parsing is the only way to make one, for JSON
//! too (`serde(try_from)`).

pub mod decimal;
mod event;
mod id;
mod measure;
mod money;
mod place;
mod quote;

pub use event::{
    FareCollected, FareCollectionFailed, PrebookingRejected, PrebookingSubmitted, QuotesRequested,
    RfqDeadlineReached, RideCompleted, RideQuoted,
};
pub use id::{CustomerId, HerdName, PrebookingId, RfqId, RideId};
pub use measure::{Distance, Duration};
pub use money::Money;
pub use place::Place;
pub use quote::Quote;

/// The namespace of every service's metrics in CloudWatch. The dashboard searches it.
pub const METRICS_NAMESPACE: &str = "WildRydes";
