//! Cancelled transactions of DynamoDB.

use std::any::Any;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use super::{REFUSED_FOR_CONTENT, THROTTLED};

/// The error code that decides how to treat a cancelled transaction: a part that can never be written, or else one that was
/// throttled.
pub(super) fn cancelled_for(error: &dyn Any) -> Option<&str> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.downcast_ref() else {
        return None;
    };
    let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    let telling = |known: &[&str]| codes().find(|code| known.contains(code));
    telling(&REFUSED_FOR_CONTENT).or_else(|| telling(&THROTTLED))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{CancellationReason, error::TransactionCanceledException};
    use aws_smithy_types::error::ErrorMetadata;

    use crate::{Failure, failure::tests::refused};

    use super::*;

    #[test]
    fn a_cancelled_transaction_has_the_failure_of_its_parts() {
        for (codes, named, throttled, retried) in [
            (["None", "ValidationError"], "ValidationError", false, false),
            (["ThrottlingError", "None"], "ThrottlingError", true, true),
            (["ThrottlingError", "ValidationError"], "ValidationError", false, false),
            (["ConditionalCheckFailed", "TransactionConflict"], "TransactionCanceledException", false, true),
        ] {
            let reasons = codes.map(|code| CancellationReason::builder().code(code).build());
            let meta = ErrorMetadata::builder().code("TransactionCanceledException").build();
            let cancelled = TransactionCanceledException::builder().meta(meta);
            let cancelled = cancelled.set_cancellation_reasons(Some(reasons.into())).build();
            let error = TransactWriteItemsError::TransactionCanceledException(cancelled);
            let failure = Failure::aws("dynamodb:TransactWriteItems", &refused(error, 400));
            let told =
                (failure.reason().error_type.as_str(), failure.is_throttling(), failure.is_retryable());
            assert_eq!(told, (named, throttled, retried), "{codes:?}");
        }
    }
}
