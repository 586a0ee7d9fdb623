//! A direct invocation, as by a state machine.

use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::value::RawValue;

use super::{Watch, check_reason, expect, mutations, report};
use crate::Aws;

/// Invokes a handler with every mutation that is JSON. An invalid request fails with a documented name, and without an effect.
pub async fn invocation<T>(
    aws: &Aws,
    examples: &[&str],
    handle: impl AsyncFn(LambdaEvent<Box<RawValue>>) -> Result<T, Diagnostic>,
) {
    let watch = Watch::on(aws);
    let (mut accepted, mut refused) = (0, 0);
    for mutation in mutations(examples) {
        // Lambda invokes a function with JSON only.
        let Ok(payload) = serde_json::from_str(&mutation.text) else { continue };
        let event = LambdaEvent::new(payload, Context::default());
        let result = watch.over(handle(event)).await.and_then(|(answer, effects)| match answer {
            Ok(_) => {
                accepted += 1;
                expect(effects.len() == 1, "it was answered without its one effect")
            }
            Err(Diagnostic { error_type, error_message, .. }) => {
                refused += 1;
                check_reason(&error_type, &error_message)?;
                expect(effects.is_empty(), "it was refused and had an effect")
            }
        });
        report(&mutation, result);
    }
    assert!(accepted > 0 && refused > 100, "{accepted} accepted and {refused} refused");
}
