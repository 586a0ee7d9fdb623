//! E-mails whose outcome is unknown, so that people must find it out.

use aws_sdk_dynamodb::{Client, operation::update_item::UpdateItemError, types::AttributeValue};
use jiff::Timestamp;

use crate::{deployment::Deployment, error::Error};

/// The outcome of an e-mail that may have been sent, as a person found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// SES accepted the e-mail, so it must not be sent again.
    Sent,
    /// The e-mail was never sent. It is sent once its dead letter is redriven.
    Unsent,
}

/// Ends the claim on the e-mail about an event.
///
/// # Errors
/// If there is no such claim, or its function may still be at work.
pub async fn settle(deployment: &Deployment, event: &str, outcome: Outcome) -> Result<(), Error> {
    let change = match outcome {
        Outcome::Sent => {
            "SET #status = :sent, sesMessageId = :unknown, recordedAt = :at REMOVE claimedUntil, claimedBy"
        }
        Outcome::Unsent => "SET claimedUntil = :given_up",
    };
    let now = Timestamp::now();
    let (text, number) =
        (|value: &str| AttributeValue::S(value.to_owned()), |n: i64| AttributeValue::N(n.to_string()));
    let mut update = Client::new(deployment.aws())
        .update_item()
        .table_name(deployment.output("customer-notification", "NotificationsTableName")?)
        .key("eventId", text(event))
        .update_expression(change)
        .condition_expression("#status = :sending AND claimedUntil < :now")
        .expression_attribute_names("#status", "status")
        .expression_attribute_values(":sending", text("SENDING"))
        .expression_attribute_values(":now", number(now.as_second()));
    update = match outcome {
        Outcome::Sent => update
            .expression_attribute_values(":sent", text("SENT"))
            .expression_attribute_values(":unknown", text("-"))
            .expression_attribute_values(":at", text(&format!("{now:.3}"))),
        Outcome::Unsent => update.expression_attribute_values(":given_up", number(0)),
    };
    update.send().await.map(drop).map_err(|error| match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => Error::Usage(format!(
            "{event}: no e-mail that was perhaps sent is about it, or its function may still be at work: try again in a minute"
        )),
        _ => Error::aws("dynamodb:UpdateItem", &error),
    })
}
