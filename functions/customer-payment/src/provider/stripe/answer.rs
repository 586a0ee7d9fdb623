//! The few fields of Stripe's answers that are used here. The types of `async-stripe` have hundreds, and refuse an answer in which one
//! is missing or has changed.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::provider::Cursor;

/// A payment intent.
#[derive(Deserialize)]
pub(super) struct Intent {
    pub id: String,
    pub status: String,
    pub metadata: BTreeMap<String, String>,
}

/// An intent's status, by what it means for the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// The amount is reserved.
    RequiresCapture,
    /// The amount was taken. It may have been refunded since, which the status doesn't show.
    Succeeded,
    /// Nothing is reserved, and nothing ever will be.
    Canceled,
    /// Nothing is reserved, because the customer would have to act first.
    HoldsNothing,
    /// The bank hasn't decided, or the status is unknown to us.
    Undecided,
}

impl Intent {
    pub(super) fn status(&self) -> Status {
        match self.status.as_str() {
            "requires_capture" => Status::RequiresCapture,
            "succeeded" => Status::Succeeded,
            "canceled" => Status::Canceled,
            "requires_action" | "requires_confirmation" | "requires_payment_method" => Status::HoldsNothing,
            _ => Status::Undecided,
        }
    }
}

/// A page of a list, newest first.
#[derive(Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    has_more: bool,
}

impl<T> List<T> {
    /// The cursor of the next page, if there is one.
    pub(super) fn next(&self, id: impl Fn(&T) -> &String) -> Option<Cursor> {
        let last = self.data.last().filter(|_| self.has_more)?;
        Some(Cursor(id(last).clone()))
    }
}

/// A refund.
#[derive(Deserialize)]
pub(super) struct MadeRefund {
    status: Option<String>,
    #[serde(default)]
    pub amount: i64,
}

/// An event about a refund, with the refund as it was then. A failed refund stays failed.
#[derive(Deserialize)]
pub(super) struct RefundEvent {
    pub id: String,
    pub created: i64,
    pub data: RefundEventData,
}

#[derive(Deserialize)]
pub(super) struct RefundEventData {
    pub object: RefundInEvent,
}

#[derive(Deserialize)]
pub(super) struct RefundInEvent {
    pub id: String,
    status: Option<String>,
    pub failure_reason: Option<String>,
    pub payment_intent: Option<String>,
}

/// A dispute, with its `payment_intent` expanded.
#[derive(Deserialize)]
pub(super) struct Disputed {
    pub id: String,
    pub created: i64,
    pub reason: Option<String>,
    pub payment_intent: Option<Intent>,
}

impl MadeRefund {
    /// True if the refund failed, so that we still have the money. A pending refund hasn't failed.
    pub(super) fn failed(&self) -> bool {
        failed(self.status.as_deref())
    }
}

impl RefundInEvent {
    /// True if the refund failed, so that we still have the money.
    pub(super) fn failed(&self) -> bool {
        failed(self.status.as_deref())
    }
}

fn failed(status: Option<&str>) -> bool {
    matches!(status, Some("failed" | "canceled"))
}
