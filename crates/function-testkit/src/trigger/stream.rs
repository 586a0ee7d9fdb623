//! A table's stream, from which Lambda takes new rows.

use aws_lambda_events::dynamodb::Event as StreamEvent;
use lambda_messaging::outbox::Row;
use lambda_runtime::Diagnostic;
use serde_json::value::RawValue;

use super::{Watch, check_reason, expect, mangled, report};
use crate::{Aws, aws::Call};

/// Gives an outbox every mangled row that a stream could hold. No row holds the stream up: a sound one is told of, any
/// other is dead-lettered with a documented reason and not told of.
pub async fn stream(
    aws: &Aws,
    examples: &[&str],
    tell: impl AsyncFn(StreamEvent) -> Result<(), Diagnostic>,
    sound: impl Fn(&Row) -> bool,
) {
    let watch = Watch::on(aws);
    let mut rows = 0;
    for mangled in mangled(examples) {
        // What is no DynamoDB JSON is in no table.
        let Ok(row) = serde_json::from_str::<Row>(&mangled.text) else { continue };
        let Some(event) = event(&mangled.text) else { continue };
        rows += 1;
        let result = watch.over(tell(event)).await.and_then(|(told, calls)| {
            told.map_err(|error| format!("the stream is held up: {error:?}"))?;
            match calls.iter().find_map(Call::dead_letter) {
                Some((error_type, detail)) => {
                    check_reason(&error_type, &detail)?;
                    expect(!sound(&row), "a sound row was dead-lettered")?;
                    expect(calls.len() == 1, "it was dead-lettered and had an effect")
                }
                None => {
                    expect(sound(&row) && !calls.is_empty(), "a row was neither told of nor dead-lettered")
                }
            }
        });
        report(&mangled, result);
    }
    assert!(rows > 100, "only {rows} of the mangled rows could be in a table");
}

/// A part of the stream as Lambda hands it over.
fn event(row: &str) -> Option<StreamEvent> {
    let row: &RawValue = serde_json::from_str(row).ok()?;
    let event = format!(
        r#"{{"Records": [{{
            "eventName": "INSERT", "awsRegion": "us-east-1", "eventID": "1", "eventSource": "aws:dynamodb",
            "dynamodb": {{
                "ApproximateCreationDateTime": 1795500000, "SequenceNumber": "1", "SizeBytes": 1,
                "StreamViewType": "NEW_IMAGE", "Keys": {{"id": {{"S": "1"}}}}, "NewImage": {row}
            }}
        }}]}}"#
    );
    serde_json::from_str(&event).ok()
}
