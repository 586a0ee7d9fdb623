//! Events as a Parquet table: the envelope in columns, the data as JSON text, so that a new type of event needs no
//! new schema. `infra/datalake-ingestion.yaml` declares the same columns to Glue.

use std::{io::Write, sync::Arc};

use jiff::Timestamp;
use lambda_messaging::{Failure, consumer::AnyEvent};
use parquet::{
    basic::Compression,
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};

const SCHEMA: &str = "
message event {
  required binary id (STRING);
  required binary source (STRING);
  required int64 time (TIMESTAMP(MILLIS,true));
  optional binary subject (STRING);
  required binary correlationid (STRING);
  optional binary traceparent (STRING);
  required binary data (STRING);
  required int64 ingested_at (TIMESTAMP(MILLIS,true));
}";

/// The events as the bytes of a Parquet file.
pub(crate) fn write(events: &[&AnyEvent], ingested_at: Timestamp) -> Result<Vec<u8>, Failure> {
    try_write(events, ingested_at).map_err(|error| Failure::permanent("NotWritableAsParquet", error))
}

fn try_write(events: &[&AnyEvent], ingested_at: Timestamp) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = Vec::new();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::new(properties))?;
    write_columns(Rows { events, columns: writer.next_row_group()? }, ingested_at)?;
    writer.close()?;
    Ok(file)
}

fn write_columns<W: Write + Send>(mut rows: Rows<'_, W>, ingested_at: Timestamp) -> Result<(), ParquetError> {
    rows.text(|event| Some(event.id.clone()), false)?;
    rows.text(|event| Some(event.source.clone()), false)?;
    rows.times(|event| event.time)?;
    rows.text(|event| event.subject.clone(), true)?;
    rows.text(|event| Some(event.correlationid.to_string()), false)?;
    rows.text(|event| event.traceparent.map(|trace| trace.to_string()), true)?;
    rows.text(|event| Some(event.data.get().to_owned()), false)?;
    rows.times(|_| ingested_at)?;
    rows.columns.close().map(drop)
}

/// Writes one column after the other, in the schema's order.
struct Rows<'a, W: Write + Send> {
    events: &'a [&'a AnyEvent],
    columns: parquet::file::writer::SerializedRowGroupWriter<'a, W>,
}

impl<W: Write + Send> Rows<'_, W> {
    fn text(&mut self, of: impl Fn(&AnyEvent) -> Option<String>, optional: bool) -> Result<(), ParquetError> {
        let cells: Vec<Option<String>> = self.events.iter().map(|event| of(event)).collect();
        let present: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
        let values: Vec<ByteArray> =
            cells.into_iter().flatten().map(|text| text.into_bytes().into()).collect();
        let mut column = self.columns.next_column()?.ok_or_else(too_many_columns)?;
        column.typed::<ByteArrayType>().write_batch(&values, optional.then_some(&present), None)?;
        column.close()
    }

    fn times(&mut self, of: impl Fn(&AnyEvent) -> Timestamp) -> Result<(), ParquetError> {
        let values: Vec<i64> = self.events.iter().map(|event| of(event).as_millisecond()).collect();
        let mut column = self.columns.next_column()?.ok_or_else(too_many_columns)?;
        column.typed::<Int64Type>().write_batch(&values, None, None)?;
        column.close()
    }
}

fn too_many_columns() -> ParquetError {
    ParquetError::General("more columns are written than the schema has".to_owned())
}

#[cfg(test)]
mod tests {
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::{Field, Row},
    };

    use super::*;

    fn rows(file: Vec<u8>) -> Vec<Row> {
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_written_event_reads_back_as_it_was() {
        let with_all = r#"{"specversion":"1.0","id":"1","source":"/test","type":"T","time":"2026-11-23T00:00:00.5Z",
            "subject":"ride/1","correlationid":"c","data":{"fare": "256.50", "place": "北京"},
            "traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#;
        let with_least = r#"{"specversion":"1.0","id":"2","source":"/test","type":"T","time":"2026-11-23T00:00:01Z",
            "correlationid":"c","data":null}"#;
        let events: Vec<AnyEvent> =
            [with_all, with_least].map(|event| serde_json::from_str(event).unwrap()).into();
        let now: Timestamp = "2026-11-23T00:00:02Z".parse().unwrap();
        let rows = rows(write(&events.iter().collect::<Vec<_>>(), now).unwrap());

        let cells: Vec<_> =
            rows[0].get_column_iter().map(|(name, field)| (name.as_str(), field.clone())).collect();
        let text = |value: &str| Field::Str(value.to_owned());
        assert_eq!(
            cells,
            [
                ("id", text("1")),
                ("source", text("/test")),
                ("time", Field::TimestampMillis(1_795_392_000_500)),
                ("subject", text("ride/1")),
                ("correlationid", text("c")),
                ("traceparent", text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
                ("data", text(r#"{"fare": "256.50", "place": "北京"}"#)),
                ("ingested_at", Field::TimestampMillis(now.as_millisecond())),
            ]
        );
        let nulls = rows[1]
            .get_column_iter()
            .filter(|(_, field)| **field == Field::Null)
            .map(|(name, _)| name.as_str());
        assert_eq!(nulls.collect::<Vec<_>>(), ["subject", "traceparent"]);
    }
}
