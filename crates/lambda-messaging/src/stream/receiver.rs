//! The receiver that a stream's consumer calls.

use crate::{Effect, Failure};

/// Handles one record at a time: a [`Record`](super::Record) of a Kinesis data stream, or a [`Change`](super::Change) of a DynamoDB
/// table. A record may come twice, or after later ones, so `receive` must be idempotent.
///
/// ```
/// use lambda_messaging::{Effect, Failure, stream::{Receiver, Record}};
///
/// struct Print;
///
/// impl Receiver<Record> for Print {
///     async fn receive(&self, record: &Record) -> Result<Effect, Failure> {
///         println!("{} bytes", record.data.len());
///         Ok(Effect::Made)
///     }
/// }
/// ```
pub trait Receiver<R> {
    /// Makes the record's effect, once for all deliveries of the record.
    ///
    /// # Errors
    /// A permanent failure dead-letters the record. Any other failure keeps it, and holds up its shard.
    fn receive(&self, record: &R) -> impl Future<Output = Result<Effect, Failure>>;
}
