//! The few fields of Stripe's answers that decide something here. The crate's own types have hundreds, and refuse an
//! answer in which one is missing or has changed.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A payment intent.
#[derive(Deserialize)]
pub(super) struct Intent {
    pub id: String,
    pub status: String,
    pub metadata: BTreeMap<String, String>,
}

/// What an intent's status says about money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// The amount is reserved.
    RequiresCapture,
    /// The amount was taken. It may have been refunded since, which an intent's status doesn't tell.
    Succeeded,
    /// Nothing is reserved, and nothing ever will be.
    Canceled,
    /// Nothing is reserved: the customer would have to do something first.
    HoldsNothing,
    /// The bank hasn't decided, or it is a status that we don't know.
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

/// A page of intents, the newest first.
#[derive(Deserialize)]
pub(super) struct Intents {
    pub data: Vec<Intent>,
}

/// An intent of which `latest_charge` was expanded.
#[derive(Deserialize)]
pub(super) struct IntentWithCharge {
    latest_charge: Option<Charge>,
}

impl IntentWithCharge {
    /// Whether all of it was given back.
    pub(super) fn is_refunded(&self) -> bool {
        self.latest_charge.as_ref().is_some_and(|charge| charge.refunded)
    }
}

#[derive(Deserialize)]
struct Charge {
    refunded: bool,
}

/// A refund.
#[derive(Deserialize)]
pub(super) struct MadeRefund {
    status: Option<String>,
}

impl MadeRefund {
    /// Whether the money stays with us after all. A pending one is on its way.
    pub(super) fn failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }
}
