//! Sample Service records each `SampleEvent`.

#[cfg(test)]
mod bad_input;
mod record_sample_service;
mod records;

pub use record_sample_service::RecordSampleService;
pub use records::Records;
