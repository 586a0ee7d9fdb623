//! Datalake Ingestion keeps every event, of whatever type, in a data lake of Parquet files.

#[cfg(test)]
mod bad_input;
mod ingest_events;
mod lake;
mod table;

pub use ingest_events::IngestEvents;
pub use lake::Lake;
