//! SES's reports on e-mails that it had accepted: bounces and complaints.

use contracts::CustomerId;
use jiff::Timestamp;
use lambda_messaging::{EventError, json};
use serde::Deserialize;

use crate::contacts::{FailingAddress, NoAddress};

/// The tag of an e-mail that names its customer. SES repeats it in its reports.
pub(crate) const CUSTOMER_TAG: &str = "customer";
/// The text, not JSON, that SES publishes once when the event destination is made. The subscription's filter drops it, as soon
/// as the filter holds.
const GREETING: &str = "Successfully validated SNS topic";

/// A report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// No e-mail may go to this address any more.
    Failing(FailingAddress),
    /// It changes nothing, for this reason.
    Harmless(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Deserialize)]
struct Mail {
    timestamp: Timestamp,
    destination: Vec<String>,
    tags: Tags,
}

#[derive(Deserialize)]
struct Tags {
    customer: Vec<CustomerId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
}

impl Feedback {
    /// Reads a report. Each of our e-mails has one recipient, so `mail.destination` names the address, and the report's own list of
    /// recipients isn't read.
    ///
    /// # Errors
    /// If it is no report on an e-mail of ours, or reports something else.
    pub(crate) fn parse(body: &str) -> Result<Self, EventError> {
        if body.starts_with(GREETING) {
            return Ok(Self::Harmless("SES tried the topic"));
        }
        let Report { event_type, mail, bounce, complaint } = json::read(body)?;
        let because = match (event_type.as_str(), bounce, complaint) {
            ("Bounce", Some(bounce), _) if bounce.bounce_type == "Permanent" => NoAddress::Bounced,
            ("Bounce", Some(_), _) => return Ok(Self::Harmless("the address may work later")),
            ("Complaint", _, Some(complaint))
                if complaint.complaint_feedback_type.as_deref() == Some("not-spam") =>
            {
                return Ok(Self::Harmless("the reader says that it is no spam"));
            }
            ("Complaint", _, Some(_)) => NoAddress::Complained,
            ("Bounce" | "Complaint", ..) => return Err(malformed("it says no more than its type")),
            _ => return Err(EventError::unexpected_type(&["Bounce", "Complaint"])),
        };
        let ([customer], [address]) = (mail.tags.customer.as_slice(), mail.destination.as_slice()) else {
            return Err(malformed("it is not about an e-mail to one customer at one address"));
        };
        let (customer, address) = (customer.clone(), address.clone());
        Ok(Self::Failing(FailingAddress { customer, address, sent_at: mail.timestamp, because }))
    }
}

fn malformed(what: &str) -> EventError {
    EventError::Malformed(format!("the report can't be used: {what}"))
}
