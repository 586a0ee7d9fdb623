//! The depth of a queue.

use serde::Serialize;

/// The approximate number of messages in a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    pub visible: u64,
    pub in_flight: u64,
    pub delayed: u64,
    /// SQS tells the age of the oldest message to CloudWatch alone.
    pub oldest_seconds: Option<u64>,
}
