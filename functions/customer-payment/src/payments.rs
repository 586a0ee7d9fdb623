//! The Payments table: where each fare's payment stands. A payment moves forward:
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
//! The provider is asked for nothing before the record says how it is asked: as which of its customers, with which payment
//! method, for how much, by which key. So a try whose answer never came can be repeated exactly as it was made, whatever
//! is on file by then; and where there is no record, nothing was ever asked for.
//!
//! A void that finds no record leaves `VOIDED` all the same: an authorization that was held up, and arrives after its own
//! compensation, then finds that it has been given up. One that finds `REQUESTED` leaves `GIVEN_UP` before it asks what
//! became of the request, so that no other try is begun meanwhile.

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
    item::{self, Item, number, text},
};

pub(crate) use self::later::{Learned, Reported};
use crate::provider::{IdempotencyKey, Payment, PaymentId, Terms};

/// For how long a provider surely knows a key again. Stripe promises 24 hours.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(20);

/// The `Payments` table.
#[derive(Debug)]
pub struct Payments {
    client: Client,
    table: String,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The provider was asked to reserve the amount, or is about to be. Its answer is not known.
    Requested,
    /// The provider said no: nothing is reserved.
    Refused,
    /// The amount is reserved.
    Authorized,
    /// The amount is taken.
    Captured,
    /// It is not to be paid any more. What became of the request is not known yet.
    GivenUp,
    /// Nothing is reserved, and nothing will be.
    Voided,
    /// What was taken has been given back.
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

/// How the provider is asked for an authorization. Every try is made like the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub terms: Terms,
    pub key: IdempotencyKey,
    pub at: Timestamp,
}

impl Request {
    /// True if the provider still knows the request by its key. Later the same request would be another one.
    pub(crate) fn is_remembered(&self) -> bool {
        Timestamp::now().duration_since(self.at) < REMEMBERED
    }
}

/// What is known of a fare's payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub status: Status,
    /// How the authorization is asked for; none if it never was.
    pub request: Option<Request>,
    /// The provider's id; none if nothing was ever authorized.
    pub id: Option<PaymentId>,
    /// How many idempotency keys the provider answers with an error that it has saved.
    pub spent_keys: u32,
}

impl Record {
    /// A record without a provider's id.
    pub(crate) fn new(status: Status, request: Option<Request>) -> Self {
        Self { status, request, id: None, spent_keys: 0 }
    }

    /// The record after it has moved on.
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

    /// Writes the fare's first record, unless there is one: then gives that.
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
                ("requestedAt", text(format_args!("{at:.3}"))),
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

    /// Moves the payment on from where it was found. The count of spent keys is a part of that: a key that was spent
    /// meanwhile may be the one that `to` was reached with.
    ///
    /// # Errors
    /// Transient `PaymentMovedOn` if it isn't there any more: another delivery was faster. Looking again helps.
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
            .expression_attribute_values(":now", text(format_args!("{:.3}", Timestamp::now())));
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

/// Another delivery has changed the record since it was read.
pub(crate) fn moved_on() -> Failure {
    Failure::transient("PaymentMovedOn", "another delivery changed this payment in the meantime")
}

/// A record from which nobody can tell where the payment stands. A person has to look at it.
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
