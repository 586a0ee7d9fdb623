//! The Payments table: where each fare's payment stands. A payment moves forward only:
//!
//! ```text
//! (none) ── authorize ──▶ AUTHORIZED ── capture ──▶ CAPTURED
//!    │                        │                         │
//!    └──────── void ──────────┴──▶ VOIDED               └── void or refund ──▶ REFUNDED
//! ```
//!
//! A void that finds nothing leaves `VOIDED` all the same: an authorization that was held up, and arrives after its own
//! compensation, then finds that it has been given up.

use std::fmt;

use aws_sdk_dynamodb::{Client, error::SdkError, operation::put_item::PutItemError};
use messaging::{
    Failure,
    once::{self, Item, number, text},
};

use crate::provider::{Payment, PaymentId};

/// The `Payments` table.
#[derive(Debug)]
pub struct Payments {
    client: Client,
    table: String,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The amount is reserved.
    Authorized,
    /// The amount is taken.
    Captured,
    /// Nothing is reserved, and nothing will be.
    Voided,
    /// What was taken has been given back.
    Refunded,
}

impl Status {
    const ALL: [Self; 4] = [Self::Authorized, Self::Captured, Self::Voided, Self::Refunded];
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorized => "AUTHORIZED",
            Self::Captured => "CAPTURED",
            Self::Voided => "VOIDED",
            Self::Refunded => "REFUNDED",
        })
    }
}

/// What is known of a fare's payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub status: Status,
    /// The provider's id; none if nothing was ever authorized.
    pub id: Option<PaymentId>,
}

impl Payments {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Where the fare's payment stands.
    ///
    /// # Errors
    /// Permanent `IdempotencyConflict` if the fare is known with another amount or customer.
    pub(crate) async fn find(&self, payment: &Payment) -> Result<Option<Record>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("fareId", text(payment.fare));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        found.item.map(|item| record(&item, payment)).transpose()
    }

    /// Moves the payment on from where it was found.
    ///
    /// # Errors
    /// Transient `PaymentMovedOn` if it isn't there any more: another delivery was faster. Looking again helps.
    pub(crate) async fn advance(
        &self,
        payment: &Payment,
        from: Option<Status>,
        to: &Record,
    ) -> Result<(), Failure> {
        let mut item = once::stamped(once::item([
            ("fareId", text(payment.fare)),
            ("customer", text(&payment.customer)),
            ("amount", number(payment.amount)),
            ("status", text(to.status)),
        ]));
        if let Some(id) = &to.id {
            item.insert("providerPaymentId".to_owned(), text(id));
        }
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = match from {
            None => put.condition_expression("attribute_not_exists(fareId)"),
            Some(status) => put
                .condition_expression("#status = :from")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":from", text(status)),
        };
        put.send().await.map(drop).map_err(|error| match &error {
            SdkError::ServiceError(e)
                if matches!(e.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Failure::transient("PaymentMovedOn", "another delivery changed this payment in the meantime")
            }
            _ => Failure::aws("dynamodb:PutItem", &error),
        })
    }
}

fn record(item: &Item, payment: &Payment) -> Result<Record, Failure> {
    let same = item.get("customer") == Some(&text(&payment.customer))
        && item.get("amount") == Some(&number(payment.amount));
    if !same {
        let detail = "the fare's payment is known with another amount or customer";
        return Err(Failure::permanent("IdempotencyConflict", detail));
    }
    let value = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let status =
        Status::ALL.into_iter().find(|status| value("status").is_some_and(|s| *s == status.to_string()));
    let status =
        status.ok_or_else(|| Failure::permanent("MalformedPayment", "the payment has no known status"))?;
    Ok(Record { status, id: value("providerPaymentId").map(|id| PaymentId(id.clone())) })
}
