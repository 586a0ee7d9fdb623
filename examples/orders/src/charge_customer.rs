//! Charges a customer for an order, or refunds the charge. The saga invokes it, and matches on the names of its errors.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{
    Failure,
    idempotent_write::Written,
    item::{self, text},
    json,
    metrics::Metrics,
};
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    SERVICE,
    counters::{Counter, Counters},
};

/// The most that a customer may owe, in cents.
const CREDIT_LIMIT: i64 = 500_000;

/// The handler of the saga's steps.
#[derive(Debug)]
pub struct ChargeCustomer {
    accounts: Counters,
}

/// A step of the saga.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    action: Action,
    order: Uuid,
    customer: String,
    total: u32,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Charge,
    Refund,
}

impl ChargeCustomer {
    /// Keeps accounts in the table of this name: a row for each charge and refund, and for each customer what it owes.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { accounts: Counters::new(client, table) }
    }

    /// Makes a step, once, however often the saga retries it.
    ///
    /// # Errors
    /// `LimitReached` if the customer would owe too much: nothing was charged, and a retry doesn't help. A retry may help after any
    /// other error.
    pub async fn handle(&self, event: LambdaEvent<Box<RawValue>>) -> Result<(), Diagnostic> {
        let step = json::read(event.payload.get()).map_err(Failure::from)?;
        let made = self.make(&step).await;
        let mut metrics = Metrics::new(SERVICE);
        metrics.count(made.as_ref().map(|written| (*written).into()), None);
        metrics.emit();
        made.map(|_| ()).map_err(Diagnostic::from)
    }

    async fn make(&self, step: &Step) -> Result<Written, Failure> {
        let (entry, add, most) = match step.action {
            Action::Charge => ("CHARGE", i64::from(step.total), Some(CREDIT_LIMIT)),
            Action::Refund => ("REFUND", -i64::from(step.total), None),
        };
        let row = item::new([
            ("id", text(format_args!("{entry}#{}", step.order))),
            ("customer", text(&step.customer)),
            ("total", item::number(step.total)),
        ]);
        let owed = Counter { id: format!("CUSTOMER#{}", step.customer), add, most };
        self.accounts.put_and_add(row, owed).await
    }
}
