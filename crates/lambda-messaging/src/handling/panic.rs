//! Panics of handlers.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::FutureExt;

use crate::Failure;

/// Turns a panic into a failure of the message that caused it. Other messages of the batch are not affected.
pub(crate) async fn catch_panic<T>(handled: impl Future<Output = T>) -> Result<T, Failure> {
    AssertUnwindSafe(handled)
        .catch_unwind()
        .await
        .map_err(|_: Box<dyn Any + Send>| Failure::transient("Panic", "the handler panicked"))
}
