//! Records of Kinesis data streams.

use aws_lambda_events::kinesis::KinesisEventRecord;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde::Deserialize;

use super::{
    delivery::{self, Delivery, StreamRecord},
    letter::Letter,
};
use crate::{Event, Failure, IncomingPayload, handling::Ids, json};

/// A record of a Kinesis data stream.
///
/// ```
/// use lambda_messaging::stream::Record;
///
/// let click = Record {
///     data: br#"{"page":"/offers"}"#.to_vec(),
///     partition_key: "visitor-7".into(),
///     sequence_number: "49590338271490256608559692538361571095921575989136588898".into(),
///     arrived_at: None,
/// };
/// assert_eq!(click.text().unwrap(), r#"{"page":"/offers"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The data, as its producer put it into the stream.
    pub data: Vec<u8>,
    /// The partition key. Records with the same key are handled in their order.
    pub partition_key: String,
    /// The record's number. It is unique within the shard, and the same for every delivery.
    pub sequence_number: String,
    /// The time when the stream received the record, if the stream says so. It is the same for every delivery.
    pub arrived_at: Option<Timestamp>,
}

impl Record {
    /// The data as text.
    ///
    /// ```
    /// # use lambda_messaging::stream::Record;
    /// # let record = Record { data: vec![0xff], partition_key: String::new(), sequence_number: "1".into(), arrived_at: None };
    /// let failure = record.text().unwrap_err();
    /// assert!(!failure.is_retryable());
    /// ```
    ///
    /// # Errors
    /// Permanent `MalformedRecord` if it isn't UTF-8.
    pub fn text(&self) -> Result<&str, Failure> {
        str::from_utf8(&self.data).map_err(|error| {
            let detail =
                format_args!("the data is not UTF-8 from byte {} on", error.valid_up_to()).to_string();
            Failure::permanent("MalformedRecord", detail)
        })
    }

    /// The data as JSON.
    ///
    /// ```
    /// # use lambda_messaging::stream::Record;
    /// # let record = Record { data: b"[1,2]".to_vec(), partition_key: String::new(), sequence_number: "1".into(), arrived_at: None };
    /// let numbers: Vec<u32> = record.json()?;
    /// assert_eq!(numbers, [1, 2]);
    /// # Ok::<(), lambda_messaging::Failure>(())
    /// ```
    ///
    /// # Errors
    /// A permanent failure if it isn't UTF-8, or not the JSON of such a value. The failure never quotes the data.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        Ok(json::read(self.text()?)?)
    }

    /// The data as an event.
    ///
    /// ```no_run
    /// # use lambda_messaging::{Failure, IncomingPayload, stream::Record};
    /// fn correlation_id<P: IncomingPayload>(record: &Record) -> Result<String, Failure> {
    ///     Ok(record.event::<P>()?.correlationid.to_string())
    /// }
    /// ```
    ///
    /// # Errors
    /// A permanent failure if it is no event of this type.
    pub fn event<P: IncomingPayload>(&self) -> Result<Event<P>, Failure> {
        Ok(Event::parse(self.text()?)?)
    }
}

pub(super) fn delivery(came: KinesisEventRecord) -> Result<Delivery<Record>, Diagnostic> {
    let sequence_number = delivery::sequence_number(Some(came.kinesis.sequence_number))?;
    let arrived_at = delivery::time(came.kinesis.approximate_arrival_timestamp.timestamp_millis());
    let (data, partition_key) = (came.kinesis.data.0, came.kinesis.partition_key);
    Ok(Delivery {
        record_id: came.event_id.unwrap_or_else(|| sequence_number.clone()),
        stream: came.event_source_arn.unwrap_or_default(),
        key: partition_key.clone(),
        ids: Ids::read(&data),
        record: Record { data, partition_key, sequence_number: sequence_number.clone(), arrived_at },
        sequence_number,
        arrived_at,
    })
}

impl StreamRecord for Record {
    fn letter(&self) -> Letter {
        Letter::from_bytes(&self.data)
    }

    fn partition_key(&self) -> Option<&str> {
        Some(&self.partition_key)
    }
}
