//! Records an event.

use contracts::SampleEvent;
use lambda_messaging::{Effect, Event, Failure, consumer::Receiver};

use crate::Records;

/// The receiver of events `SampleEvent`.
#[derive(Debug)]
pub struct RecordSampleService {
    records: Records,
}

impl RecordSampleService {
    /// Records events in this table.
    #[must_use]
    pub fn new(records: Records) -> Self {
        Self { records }
    }
}

impl Receiver for RecordSampleService {
    type Payload = SampleEvent;

    async fn receive(&self, event: Event<SampleEvent>) -> Result<Effect, Failure> {
        // The event's data is in `event.data`.
        Ok(self.records.add(&event.id).await?.into())
    }
}
