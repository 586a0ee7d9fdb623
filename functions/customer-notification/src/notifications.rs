//! What was sent to whom. An e-mail can't be part of a transaction, so each has a record that goes ahead of it:
//!
//! ```text
//! (none) ── claim ──▶ SENDING ── e-mail ──▶ SENT
//!    └── no address on file ──▶ NO_ADDRESS
//! ```
//!
//! A second delivery finds `SENT` and does nothing; one that finds `SENDING` waits until the first has given up its
//! claim, or must have ended, and then takes over. Only trouble between SES's taking an e-mail and the last write can
//! send it twice.

use aws_sdk_dynamodb::{
    Client,
    operation::put_item::PutItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use domain::RideId;
use jiff::{SignedDuration, Timestamp};
use messaging::{
    Failure,
    once::{self, number, text},
};

/// Longer than the function can run: whoever claimed a notification that long ago isn't sending it any more.
const CLAIM: SignedDuration = SignedDuration::from_secs(15);

/// The `Notifications` table.
#[derive(Debug)]
pub struct Notifications {
    client: Client,
    table: String,
}

/// Who may send a notification.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// This call, and nobody else for now.
    Ours,
    /// Nobody: it has been dealt with.
    Done,
}

/// How a notification ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ending<'a> {
    /// SES took it under this id.
    Sent(&'a str),
    /// The customer has no address on file.
    NoAddress,
}

impl Notifications {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Claims the notification that belongs to an event.
    ///
    /// # Errors
    /// Transient `ClaimedElsewhere` while another delivery of the same event may be sending it.
    pub(crate) async fn claim(&self, event_id: &str, ride: RideId, now: Timestamp) -> Result<Claim, Failure> {
        let record = once::item([
            ("eventId", text(event_id)),
            ("rideId", text(ride)),
            ("status", text("SENDING")),
            ("claimedUntil", number((now + CLAIM).as_second())),
        ]);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(once::stamped(record)))
            .condition_expression(
                "attribute_not_exists(eventId) OR (#status = :sending AND claimedUntil < :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text("SENDING"))
            .expression_attribute_values(":now", number(now.as_second()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(Claim::Ours);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(taken)) => {
                match taken.item.as_ref().and_then(|item| item.get("status")) {
                    Some(AttributeValue::S(status)) if status != "SENDING" => Ok(Claim::Done),
                    _ => Err(Failure::transient(
                        "ClaimedElsewhere",
                        "another delivery is sending this notification",
                    )),
                }
            }
            _ => Err(Failure::aws("dynamodb:PutItem", &error)),
        }
    }

    /// Gives a claim up, so that the next delivery needn't wait for it to run out.
    pub(crate) async fn release(&self, event_id: &str) -> Result<(), Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("eventId", text(event_id))
            .update_expression("SET claimedUntil = :never")
            .condition_expression("#status = :sending")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text("SENDING"))
            .expression_attribute_values(":never", number(0));
        update.send().await.map(drop).map_err(|error| Failure::aws("dynamodb:UpdateItem", &error))
    }

    /// Records how the notification ended.
    pub(crate) async fn end(&self, event_id: &str, ending: Ending<'_>) -> Result<(), Failure> {
        let (status, ses_id) = match ending {
            Ending::Sent(id) => ("SENT", id),
            Ending::NoAddress => ("NO_ADDRESS", "-"),
        };
        let now = format!("{:.3}", Timestamp::now());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("eventId", text(event_id))
            .update_expression(
                "SET #status = :status, sesMessageId = :id, recordedAt = :now REMOVE claimedUntil",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(status))
            .expression_attribute_values(":id", text(ses_id))
            .expression_attribute_values(":now", text(now));
        update.send().await.map(drop).map_err(|error| Failure::aws("dynamodb:UpdateItem", &error))
    }
}
