//! Datalake Ingestion keeps the events of every type in a data lake of Parquet files.

#[cfg(test)]
mod bad_input;
mod bucket;
mod ingest_events;
mod lake;
mod partition;
mod table;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use bucket::Bucket;
pub use ingest_events::IngestEvents;
pub use lake::Lake;

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "datalake-ingestion");
