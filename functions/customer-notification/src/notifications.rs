//! The e-mails that were sent, by event. An e-mail can't be part of a transaction, and SES knows no idempotency keys. So a record is
//! written before each e-mail:
//!
//! ```text
//! (none) ── no address works ────▶ NO_ADDRESS
//!    │                                 │
//!    └──────────── claim ──────────────┴──▶ SENDING ── SES says yes ──▶ SENT
//! ```
//!
//! A delivery that finds `SENT` does nothing. A delivery that finds `NO_ADDRESS` looks the address up again. The event is withheld, and
//! delivered again when the customer gets an address, unless it is too old by then. A claim is given up only if SES refused the e-mail,
//! so that the next delivery can claim it. An expired claim means that the outcome is unknown: the function died, or couldn't write
//! the record. Such an e-mail is never sent again automatically: people decide.

use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use contracts::RideId;
use jiff::{SignedDuration, Timestamp};
use lambda_messaging::{
    Failure,
    idempotent_write::Written,
    item::{self, Item, moment, number, text},
};

use crate::contacts::NoAddress;

/// The time until a claim expires. It is longer than the function can run, so the owner of an expired claim is no longer sending.
const CLAIM: SignedDuration = SignedDuration::from_secs(15);
/// The end of a claim that was given up.
const GIVEN_UP: i64 = 0;

/// The `Notifications` table.
#[derive(Debug)]
pub struct Notifications {
    client: Client,
    table: String,
}

/// The outcome of claiming a notification.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This delivery may send the notification, and no other one may.
    Ours,
    /// The notification was sent.
    Done,
    /// Another delivery has claimed the notification. Transient `ClaimedElsewhere` while it may be sending; permanent `PerhapsSent` once
    /// the claim has expired, because the outcome is unknown.
    Others(Failure),
}

/// The owner of a claim. Each delivery of an event is another one.
#[derive(Debug)]
pub(crate) struct Claimant {
    event_id: String,
    by: String,
}

impl Claimant {
    pub(crate) fn of(event_id: &str) -> Self {
        Self { event_id: event_id.to_owned(), by: uuid::Uuid::now_v7().to_string() }
    }
}

/// The failure of a notification that SES may or may not have accepted.
pub(crate) fn perhaps_sent(detail: &str) -> Failure {
    Failure::permanent("PerhapsSent", detail)
}

impl Notifications {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Claims the notification of an event, just before it is sent. If the call fails, the claim may have been made all the same.
    pub(crate) async fn claim(&self, me: &Claimant, ride: RideId, now: Timestamp) -> Result<Claim, Failure> {
        let record = item::new([
            ("eventId", text(&me.event_id)),
            ("rideId", text(ride)),
            ("status", text("SENDING")),
            ("claimedUntil", number((now + CLAIM).as_second())),
            ("claimedBy", text(&me.by)),
        ]);
        let Some(found) = self.put(record, "OR #status = :no_address").await? else {
            return Ok(Claim::Ours);
        };
        Ok(match status(&found) {
            // The client retried a call that had made the claim.
            Some("SENDING") if found.get("claimedBy") == Some(&text(&me.by)) => Claim::Ours,
            Some("SENDING") => Claim::Others(under_way_or_unclear(&found, now)),
            _ => Claim::Done,
        })
    }

    /// Records once that the customer has no address that works, and why. Returns `None` if the notification was sent.
    ///
    /// # Errors
    /// As [`Claim::Others`].
    pub(crate) async fn has_no_address(
        &self,
        event_id: &str,
        ride: RideId,
        because: NoAddress,
        now: Timestamp,
    ) -> Result<Option<Written>, Failure> {
        let record = item::new([
            ("eventId", text(event_id)),
            ("rideId", text(ride)),
            ("status", text("NO_ADDRESS")),
            ("because", text(because.name())),
            ("sesMessageId", text("-")),
        ]);
        let Some(found) = self.put(record, "").await? else {
            return Ok(Some(Written::Inserted));
        };
        match status(&found) {
            Some("SENDING") => Err(under_way_or_unclear(&found, now)),
            Some("NO_ADDRESS") => Ok(Some(Written::AlreadyPresent)),
            _ => Ok(None),
        }
    }

    /// Puts a record if there is none, or replaces a claim that was given up. Otherwise returns the existing record.
    async fn put(&self, record: Item, or: &str) -> Result<Option<Item>, Failure> {
        let condition = format!(
            "attribute_not_exists(eventId) OR (#status = :sending AND claimedUntil = :given_up) {or}"
        );
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::stamped(record)))
            .condition_expression(condition)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text("SENDING"))
            .expression_attribute_values(":given_up", number(GIVEN_UP))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if !or.is_empty() {
            put = put.expression_attribute_values(":no_address", text("NO_ADDRESS"));
        }
        let Err(error) = put.send().await else {
            return Ok(None);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(taken)) => {
                Ok(Some(taken.item.clone().unwrap_or_default()))
            }
            _ => Err(Failure::aws("dynamodb:PutItem", &error)),
        }
    }

    /// Gives up a claim after which nothing was sent, so that the next delivery can claim the notification. Another delivery's claim is
    /// left alone.
    pub(crate) async fn give_up(&self, me: &Claimant) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("eventId", text(&me.event_id))
            .update_expression("SET claimedUntil = :given_up")
            .condition_expression("#status = :sending AND claimedBy = :me")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text("SENDING"))
            .expression_attribute_values(":me", text(&me.by))
            .expression_attribute_values(":given_up", number(GIVEN_UP));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(Failure::aws("dynamodb:UpdateItem", &error)),
            },
        }
    }

    /// Records that SES accepted the e-mail under this id.
    pub(crate) async fn sent(&self, me: &Claimant, ses_id: &str) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("eventId", text(&me.event_id))
            .update_expression(
                "SET #status = :sent, sesMessageId = :id, recordedAt = :now REMOVE claimedUntil, claimedBy",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sent", text("SENT"))
            .expression_attribute_values(":id", text(ses_id))
            .expression_attribute_values(":now", moment(Timestamp::now()));
        update.send().await.map(drop).map_err(|error| Failure::aws("dynamodb:UpdateItem", &error))
    }
}

fn status(record: &Item) -> Option<&str> {
    record.get("status").and_then(|status| status.as_s().ok()).map(String::as_str)
}

fn under_way_or_unclear(claim: &Item, now: Timestamp) -> Failure {
    let until = match claim.get("claimedUntil") {
        Some(AttributeValue::N(until)) => until.parse().unwrap_or_default(),
        _ => i64::MAX,
    };
    if now.as_second() > until {
        perhaps_sent("an earlier delivery was sending it, and the outcome is unknown")
    } else {
        Failure::transient("ClaimedElsewhere", "another delivery is sending this notification")
    }
}
