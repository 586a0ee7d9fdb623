//! Unicorn Management takes completed rides from the unicorns' app and publishes them.
//!
//! `submit-ride-completion` stores the ride and answers. The table's stream, which misses no write, invokes
//! `publish-ride-completions` (a transactional outbox).

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
