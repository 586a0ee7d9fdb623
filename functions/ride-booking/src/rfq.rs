//! Requests for quotes: a scatter-gather. Every herd is asked for a quote at the same time, and an aggregator collects the quotes until
//! all have come or the deadline has passed.

mod aggregate;
mod collect;
mod herds;
mod last_known;
mod publish;
mod query;
mod request;
mod rfqs;
mod row;
mod submit;
mod subscribers;

pub use collect::CollectQuotes;
pub use herds::Herds;
pub use last_known::LastKnownHerds;
pub use publish::PublishInstantRideRfqs;
pub use query::QueryInstantRideRfq;
pub use request::{InstantRideRfq, ReplyWithin, ReplyWithinError};
pub use rfqs::Rfqs;
pub use submit::SubmitInstantRideRfq;
pub use subscribers::Subscribers;
