//! Unicorn Management takes completed rides from the unicorns' app and tells every interested service.
//!
//! Store first, then tell: `submit-ride-completion` writes the ride and answers; the table's own stream, which
//! can't miss a write, drives `publish-ride-completions` (a transactional outbox).
//!
//! `quote-instant-ride` answers for a herd when quotes are asked for; it is deployed once for each herd.

#[cfg(test)]
mod hostile;
mod publish;
mod quote;
mod rides;
mod submit;

pub use publish::PublishRideCompletions;
pub use quote::QuoteInstantRide;
pub use rides::Rides;
pub use submit::SubmitRideCompletion;

const SOURCE: &str = "/wild-rydes/unicorn-management";
