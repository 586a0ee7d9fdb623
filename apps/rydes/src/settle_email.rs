//! `rydes settle-email`

use aws_sdk_dynamodb::{Client, operation::update_item::UpdateItemError, types::AttributeValue};
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::{Deployment, Error};

/// An e-mail that was perhaps sent, and what a person found out.
#[derive(Debug, Clone, Args)]
pub struct SettleEmail {
    /// The id of the event that the e-mail is about
    pub event: String,
    /// The outcome
    pub outcome: EmailOutcome,
}

/// The outcome of an e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EmailOutcome {
    /// SES has taken it: it is not to be sent again
    Sent,
    /// It was never sent: once its dead letter is redriven, it is
    Unsent,
}

/// Ends a claim of which no machine knows what came.
///
/// # Errors
/// If there is no such claim, or its function may still be at work.
pub async fn settle_email(deployment: &Deployment, settle: &SettleEmail) -> Result<(), Error> {
    let change = match settle.outcome {
        EmailOutcome::Sent => {
            "SET #status = :sent, sesMessageId = :unknown, recordedAt = :at REMOVE claimedUntil, claimedBy"
        }
        EmailOutcome::Unsent => "SET claimedUntil = :given_up",
    };
    let now = Timestamp::now();
    let (text, number) =
        (|value: &str| AttributeValue::S(value.to_owned()), |n: i64| AttributeValue::N(n.to_string()));
    let mut update = Client::new(deployment.aws())
        .update_item()
        .table_name(deployment.output("customer-notification", "NotificationsTableName")?)
        .key("eventId", text(&settle.event))
        .update_expression(change)
        .condition_expression("#status = :sending AND claimedUntil < :now")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":sending", text("SENDING"))
        .expression_attribute_values(":now", number(now.as_second()));
    update = match settle.outcome {
        EmailOutcome::Sent => update
            .expression_attribute_values(":sent", text("SENT"))
            .expression_attribute_values(":unknown", text("-"))
            .expression_attribute_values(":at", text(&format!("{now:.3}"))),
        EmailOutcome::Unsent => update.expression_attribute_values(":given_up", number(0)),
    };
    update.send().await.map(drop).map_err(|error| match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => Error::Usage(format!(
            "{}: no e-mail that was perhaps sent is about it, or its function may still be at work: try again in a minute",
            settle.event
        )),
        _ => Error::aws("dynamodb:UpdateItem", &error),
    })
}
