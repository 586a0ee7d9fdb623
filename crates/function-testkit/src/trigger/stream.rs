//! A table's stream, from which Lambda delivers rows.

use aws_lambda_events::dynamodb::Event as StreamEvent;
use lambda_messaging::outbox::Row;
use lambda_runtime::Diagnostic;
use serde_json::value::RawValue;

use super::{Watch, check_reason, expect, mutations, report};
use crate::{Aws, aws::Call};

/// Delivers every mutated row that a stream could hold. No row blocks the stream: a valid one is published, an invalid one is
/// dead-lettered with a documented reason.
pub async fn stream(
    aws: &Aws,
    examples: &[&str],
    handle: impl AsyncFn(StreamEvent) -> Result<(), Diagnostic>,
    is_valid: impl Fn(&Row) -> bool,
) {
    let watch = Watch::on(aws);
    let mut rows = 0;
    for mutation in mutations(examples) {
        // A table holds DynamoDB JSON only.
        let Ok(row) = serde_json::from_str::<Row>(&mutation.text) else { continue };
        let Some(event) = event(&mutation.text) else { continue };
        rows += 1;
        let result = watch.over(handle(event)).await.and_then(|(handled, calls)| {
            handled.map_err(|error| format!("the stream is held up: {error:?}"))?;
            match calls.iter().find_map(Call::dead_letter) {
                Some((error_type, detail)) => {
                    check_reason(&error_type, &detail)?;
                    expect(!is_valid(&row), "a valid row was dead-lettered")?;
                    expect(calls.len() == 1, "it was dead-lettered and had an effect")
                }
                None => expect(
                    is_valid(&row) && !calls.is_empty(),
                    "a row was neither published nor dead-lettered",
                ),
            }
        });
        report(&mutation, result);
    }
    assert!(rows > 100, "only {rows} of the mutated rows could be in a table");
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
