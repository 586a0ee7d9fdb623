//! The idempotent receiver: the effect and the record that guards it are one write. So a message that is delivered twice has its
//! effect once, even if the function crashes in between.
//!
//! ```no_run
//! use aws_sdk_dynamodb::Client;
//! use lambda_messaging::{
//!     Failure,
//!     idempotent_write::{self, Written},
//!     item::{self, number, text},
//! };
//!
//! async fn book(client: &Client, order: &str, total: &str, seen_by: &str) -> Result<Written, Failure> {
//!     let booking = item::new([("order", text(order)), ("total", number(total))]);
//!     // The worker that comes first is kept; another one doesn't make it another booking.
//!     let labels = item::new([("worker", text(seen_by))]);
//!     let written = idempotent_write::put_labelled(client, "bookings", "order", booking, labels).await;
//!     if written.as_ref().is_err_and(idempotent_write::is_conflict) {
//!         eprintln!("the order was booked before with another total");
//!     }
//!     written
//! }
//! ```
//!
//! The function needs `dynamodb:PutItem` on the table.

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{CancellationReason, ReturnValuesOnConditionCheckFailure},
};

use crate::{
    Failure,
    item::{self, Item},
};

/// The result of an idempotent write.
///
/// ```
/// use lambda_messaging::{Effect, idempotent_write::Written};
///
/// assert_eq!(Effect::from(Written::Inserted), Effect::Made);
/// assert_eq!(Effect::from(Written::AlreadyPresent), Effect::Duplicate);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// This call wrote it.
    Inserted,
    /// An earlier delivery of the same message had written it.
    AlreadyPresent,
}

/// The error type of a write whose key holds other content.
const CONFLICT: &str = "IdempotencyConflict";

/// The failure of a write whose key holds other content.
pub(crate) fn conflict(detail: &str) -> Failure {
    Failure::permanent(CONFLICT, detail)
}

/// True if a write was refused because its key holds other content.
#[must_use]
pub fn is_conflict(failure: &Failure) -> bool {
    failure.reason().error_type == CONFLICT
}

/// Puts an item unless its key is taken.
///
/// ```no_run
/// # async fn example(client: &aws_sdk_dynamodb::Client) -> Result<(), lambda_messaging::Failure> {
/// use lambda_messaging::{idempotent_write, item::{self, text}};
///
/// idempotent_write::put(client, "parcels", "order", item::new([("order", text("o-1"))])).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Permanent `IdempotencyConflict` if the key holds other content. Otherwise as [`Failure::aws`].
pub async fn put(client: &Client, table: &str, key: &str, content: Item) -> Result<Written, Failure> {
    put_labelled(client, table, key, content, Item::new()).await
}

/// As [`put`], with labels: attributes that may differ in a repetition. Those of the first write are kept.
pub async fn put_labelled(
    client: &Client,
    table: &str,
    key: &str,
    content: Item,
    labels: Item,
) -> Result<Written, Failure> {
    let mut item = item::stamped(labels);
    item.extend(content.clone());
    let put = client
        .put_item()
        .table_name(table)
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#key)")
        .expression_attribute_names("#key", key)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match put.send().await {
        Ok(_) => Ok(Written::Inserted),
        Err(error) => match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(taken)) => {
                repeated(&content, taken.item.as_ref())
            }
            _ => Err(Failure::aws("dynamodb:PutItem", &error)),
        },
    }
}

/// The result of a cancelled transaction whose first part was this guard; `None` if something else cancelled it. So a transaction has
/// its effects once: its first part puts the guard, on the condition that it isn't there.
///
/// ```
/// use aws_sdk_dynamodb::types::CancellationReason;
/// use lambda_messaging::{
///     idempotent_write::{Written, guarded},
///     item::{self, text},
/// };
///
/// let guard = item::new([("order", text("o-1"))]);
/// // As DynamoDB cancels the transaction when the guard is there, and when nothing of the kind happened.
/// let taken = CancellationReason::builder().code("ConditionalCheckFailed").set_item(Some(guard.clone())).build();
/// assert_eq!(guarded(&guard, &[taken]), Some(Ok(Written::AlreadyPresent)));
/// let other = CancellationReason::builder().code("TransactionConflict").build();
/// assert_eq!(guarded(&guard, &[other]), None);
/// ```
#[must_use]
pub fn guarded(guard: &Item, reasons: &[CancellationReason]) -> Option<Result<Written, Failure>> {
    let first = reasons.first()?;
    (first.code() == Some("ConditionalCheckFailed")).then(|| repeated(guard, first.item.as_ref()))
}

/// The result of a write whose key is taken: a repetition if the content is the same, otherwise a fault of the sender.
fn repeated(content: &Item, stored: Option<&Item>) -> Result<Written, Failure> {
    let same = |stored: &Item| content.iter().all(|(name, value)| stored.get(name) == Some(value));
    if stored.is_none_or(same) {
        Ok(Written::AlreadyPresent)
    } else {
        Err(conflict("the same id was seen before with another content"))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        error::ErrorMetadata, operation::put_item::PutItemOutput,
        types::error::ConditionalCheckFailedException,
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::item::{number, text};

    fn order(total: &str) -> Item {
        item::new([("order", text("1")), ("total", number(total))])
    }

    /// A table that already holds this item.
    fn table_with(stored: Item) -> Client {
        let rule = mock!(Client::put_item).then_error(move || {
            PutItemError::ConditionalCheckFailedException(
                ConditionalCheckFailedException::builder().set_item(Some(stored.clone())).build(),
            )
        });
        mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule])
    }

    #[tokio::test]
    async fn the_first_delivery_writes_under_a_condition() {
        let rule = mock!(Client::put_item)
            .match_requests(|r| r.condition_expression() == Some("attribute_not_exists(#key)"))
            .then_output(|| PutItemOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        assert_eq!(put(&client, "t", "order", order("1.00")).await, Ok(Written::Inserted));
    }

    #[tokio::test]
    async fn a_second_delivery_is_a_success_without_effect() {
        let client = table_with(order("1.00"));
        assert_eq!(put(&client, "t", "order", order("1.00")).await, Ok(Written::AlreadyPresent));
    }

    #[tokio::test]
    async fn the_same_id_with_another_content_is_refused_for_good() {
        let client = table_with(order("2.00"));
        let failure = put(&client, "t", "order", order("1.00")).await.unwrap_err();
        assert!(is_conflict(&failure) && !failure.is_retryable());
    }

    #[tokio::test]
    async fn a_write_that_is_refused_for_another_reason_is_no_repetition() {
        for (code, retried) in [("ValidationException", false), ("ThrottlingException", true)] {
            let refusing = mock!(Client::put_item)
                .then_error(move || PutItemError::generic(ErrorMetadata::builder().code(code).build()));
            let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&refusing]);
            let failure = put(&client, "t", "order", order("1.00")).await.unwrap_err();
            assert_eq!((failure.reason().error_type.as_str(), failure.is_retryable()), (code, retried));
            assert!(!is_conflict(&failure));
        }
    }
}
