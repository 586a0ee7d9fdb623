//! The Payments table: the status of each fare's payment. A payment moves forward:
//!
//! ```text
//! (none) ── authorize ──▶ REQUESTED ──────▶ AUTHORIZED ── capture ──▶ CAPTURED
//!    │                    │      │               │                        │
//!    │                    │      └──▶ REFUSED    │                        │
//!    │          void ─────┤                      │                        │
//!    │                    ▼                      ▼                        ▼
//!    └────── void ──▶ GIVEN_UP ───────────▶ VOIDED or REFUNDED ◀── void or refund
//! ```
//!
//! There is one way back: a refund that the provider had accepted can fail later, and then the payment is `CAPTURED` again.
//!
//! The request for an authorization is recorded before the provider is called: the provider's customer, the payment method, the amount
//! and the idempotency key. So a try without an answer can be repeated exactly, even if the customer has another payment method by
//! then. Without a record, the provider was never called.
//!
//! A void that finds no record writes `VOIDED` all the same: a delayed authorization that arrives after its own compensation then
//! finds that it was given up. A void that finds `REQUESTED` writes `GIVEN_UP` before it asks the provider for the outcome, so that
//! no other try begins in the meantime.

mod later;

use std::fmt;

use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use jiff::{SignedDuration, Timestamp};
use lambda_messaging::{
    Failure,
    item::{self, Item, moment, number, text},
};

pub(crate) use self::later::{Learned, Reported};
use crate::provider::{IdempotencyKey, Payment, PaymentId, Terms};

/// The time for which a provider is sure to know a key. Stripe promises 24 hours.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(20);

/// The `Payments` table.
#[derive(Debug)]
pub struct Payments {
    client: Client,
    table: String,
}

/// The status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The provider was asked to reserve the amount, or is about to be. Its answer is not known.
    Requested,
    /// The provider refused the authorization: nothing is reserved.
    Refused,
    /// The amount is reserved.
    Authorized,
    /// The amount is taken.
    Captured,
    /// The payment is given up, and the outcome of its authorization is not known yet.
    GivenUp,
    /// Nothing is reserved, and nothing will be.
    Voided,
    /// The taken amount was given back.
    Refunded,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Requested,
        Self::Refused,
        Self::Authorized,
        Self::Captured,
        Self::GivenUp,
        Self::Voided,
        Self::Refunded,
    ];
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requested => "REQUESTED",
            Self::Refused => "REFUSED",
            Self::Authorized => "AUTHORIZED",
            Self::Captured => "CAPTURED",
            Self::GivenUp => "GIVEN_UP",
            Self::Voided => "VOIDED",
            Self::Refunded => "REFUNDED",
        })
    }
}

/// The request for an authorization. Every try repeats the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub terms: Terms,
    pub key: IdempotencyKey,
    pub at: Timestamp,
}

impl Request {
    /// True if the provider still knows the request by its key. Later the provider would take a repetition for a new request.
    pub(crate) fn is_remembered(&self) -> bool {
        Timestamp::now().duration_since(self.at) < REMEMBERED
    }
}

/// The record of a fare's payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub status: Status,
    /// The request for the authorization; `None` if there was none.
    pub request: Option<Request>,
    /// The provider's id of the payment; `None` if nothing was ever authorized.
    pub id: Option<PaymentId>,
    /// The number of idempotency keys for which the provider has saved an error.
    pub spent_keys: u32,
}

impl Record {
    /// A record without a provider's id.
    pub(crate) fn new(status: Status, request: Option<Request>) -> Self {
        Self { status, request, id: None, spent_keys: 0 }
    }

    /// The record with a new status and id.
    pub(crate) fn moved(&self, status: Status, id: Option<PaymentId>) -> Self {
        Self { status, id, ..self.clone() }
    }
}

impl Payments {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The record of the fare's payment, if there is one.
    ///
    /// # Errors
    /// Permanent `IdempotencyConflict` if the fare is known with another amount or customer.
    pub(crate) async fn find(&self, payment: &Payment) -> Result<Option<Record>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("fareId", text(payment.fare));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        found.item.map(|item| record(&item, payment)).transpose()
    }

    /// Writes the fare's first record. If there already is one, returns that instead.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(crate) async fn open(&self, payment: &Payment, first: &Record) -> Result<Option<Record>, Failure> {
        let mut item = item::stamped(item::new([
            ("fareId", text(payment.fare)),
            ("customer", text(&payment.customer)),
            ("amount", number(payment.amount)),
            ("status", text(first.status)),
        ]));
        if let Some(Request { terms, key, at }) = &first.request {
            item.extend(item::new([
                ("providerCustomer", text(&terms.customer)),
                ("paymentMethod", text(&terms.payment_method)),
                ("currency", text(&terms.currency)),
                ("idempotencyKey", text(&key.0)),
                ("requestedAt", moment(*at)),
            ]));
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(fareId)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(taken)) => match &taken.item {
                Some(item) => record(item, payment).map(Some),
                None => self.find(payment).await,
            },
            _ => Err(Failure::aws("dynamodb:PutItem", &error)),
        }
    }

    /// Moves the payment from the record that was read to the next one. The condition includes the number of spent keys: a key that was
    /// spent in the meantime may be the one that led to `to`.
    ///
    /// # Errors
    /// Transient `PaymentMovedOn` if another delivery has changed the record in the meantime. A retry reads it again.
    pub(crate) async fn advance(&self, payment: &Payment, from: &Record, to: &Record) -> Result<(), Failure> {
        let mut set = "SET #status = :to, spentKeys = :spent, recordedAt = :now".to_owned();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("fareId", text(payment.fare))
            .condition_expression(
                "#status = :from AND (attribute_not_exists(spentKeys) OR spentKeys = :known)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":from", text(from.status))
            .expression_attribute_values(":known", number(from.spent_keys))
            .expression_attribute_values(":to", text(to.status))
            .expression_attribute_values(":spent", number(to.spent_keys))
            .expression_attribute_values(":now", moment(Timestamp::now()));
        if let Some(id) = &to.id {
            set.push_str(", providerPaymentId = :id");
            update = update.expression_attribute_values(":id", text(id));
        }
        let Err(error) = update.update_expression(set).send().await else {
            return Ok(());
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Err(moved_on()),
            _ => Err(Failure::aws("dynamodb:UpdateItem", &error)),
        }
    }
}

/// The failure of a write that found the record changed since it was read.
pub(crate) fn moved_on() -> Failure {
    Failure::transient("PaymentMovedOn", "another delivery changed this payment in the meantime")
}

/// The failure for a record that makes no sense. A person has to look at it.
pub(crate) fn malformed(detail: &str) -> Failure {
    Failure::permanent("MalformedPayment", detail)
}

fn record(item: &Item, payment: &Payment) -> Result<Record, Failure> {
    let same = item.get("customer") == Some(&text(&payment.customer))
        && item.get("amount") == Some(&number(payment.amount));
    if !same {
        let detail = "the fare's payment is known with another amount or customer";
        return Err(Failure::permanent("IdempotencyConflict", detail));
    }
    let value = |name: &str| value(item, name);
    let status = status(item)?;
    let request = || {
        let customer = value("providerCustomer")?;
        let (payment_method, currency) = (value("paymentMethod")?, value("currency")?);
        let terms = Terms { customer, payment_method, currency };
        Some(Request {
            terms,
            key: IdempotencyKey(value("idempotencyKey")?),
            at: value("requestedAt")?.parse().ok()?,
        })
    };
    let spent_keys = match item.get("spentKeys") {
        Some(AttributeValue::N(digits)) => {
            digits.parse().map_err(|_| malformed("the payment's keys can't be counted"))?
        }
        _ => 0,
    };
    Ok(Record { status, request: request(), id: value("providerPaymentId").map(PaymentId), spent_keys })
}

fn value(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

fn status(item: &Item) -> Result<Status, Failure> {
    let written = value(item, "status").ok_or_else(|| malformed("the payment has no status"))?;
    let status = Status::ALL.into_iter().find(|status| status.to_string() == written);
    status.ok_or_else(|| malformed("the payment has no known status"))
}
