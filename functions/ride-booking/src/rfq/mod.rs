//! Rides that are wanted right now: a scatter-gather. Every herd is asked for a quote at the same time, each answers or
//! doesn't, and an aggregator gathers the answers until all are there or the time is up.

mod aggregate;
mod collect;
mod herds;
mod publish;
mod query;
mod rfqs;
mod row;
mod submit;

pub use collect::CollectQuotes;
pub use herds::Herds;
pub use publish::PublishInstantRideRfqs;
pub use query::QueryInstantRideRfq;
pub use rfqs::Rfqs;
pub use submit::SubmitInstantRideRfq;
