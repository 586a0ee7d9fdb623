//! The answers to the calls that a function makes by itself, as one does that a schedule invokes.

use lambda_runtime::Diagnostic;

use super::{Watch, check_reason, expect, mutations, report};
use crate::Aws;

/// Runs the function with every mutation in the answer to an operation. An invalid answer has no effect. A run that fails,
/// because the whole answer can't be read, fails with a documented name and has none, either.
pub async fn answer<T>(
    aws: &Aws,
    operation: &'static str,
    examples: &[&str],
    around: impl Fn(&str) -> String,
    run: impl AsyncFn() -> Result<T, Diagnostic>,
    is_valid: impl Fn(&str) -> bool,
) {
    let watch = Watch::on(aws);
    let (mut taken, mut left) = (0, 0);
    for mutation in mutations(examples) {
        aws.answer(operation, around(&mutation.text));
        let is_valid = is_valid(&mutation.text);
        let result = watch.over(run()).await.and_then(|(ended, effects)| {
            if effects.is_empty() {
                left += 1;
            } else {
                taken += 1;
            }
            match ended {
                Ok(_) => expect(
                    effects.is_empty() != is_valid,
                    "a valid answer had no effect, or an invalid one had",
                ),
                Err(Diagnostic { error_type, error_message, .. }) => {
                    check_reason(&error_type, &error_message)?;
                    expect(effects.is_empty(), "the run failed and had an effect")
                }
            }
        });
        report(&mutation, result);
    }
    assert!(taken > 0 && left > 100, "{taken} taken and {left} left");
}
