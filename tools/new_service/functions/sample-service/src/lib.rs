//! Sample Service records each `SampleEvent`.

#[cfg(test)]
mod bad_input;
mod record_sample_service;
mod records;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use record_sample_service::RecordSampleService;
pub use records::Records;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "sample-service");
