//! Unicorn Management takes completed rides from the unicorns' app and tells every interested service.
//!
//! Store first, then tell: `submit-ride-completion` writes the ride and answers; the table's own stream, which
//! can't miss a write, drives `publish-ride-completions` (a transactional outbox).

#[cfg(test)]
mod bad_input;
mod completion;
mod publish;
mod rides;
mod submit;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use completion::RideCompletion;
pub use publish::PublishRideCompletions;
pub use rides::Rides;
pub use submit::SubmitRideCompletion;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "unicorn-management");

const SOURCE: &str = "/wild-rydes/unicorn-management";
