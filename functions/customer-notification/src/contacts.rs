//! The customers' addresses on file. An address whose e-mails bounced stays on file, marked as failing. `rydes add-contact` replaces
//! the whole item, and so removes the mark.

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use contracts::CustomerId;
use jiff::Timestamp;
use lambda_messaging::{
    Effect, Failure,
    item::{Item, moment, text},
    joined_read::Reads,
};

/// The `Contacts` table.
#[derive(Debug)]
pub struct Contacts {
    client: Client,
    table: String,
    addresses: Reads,
}

/// The way to reach a customer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Contact {
    /// At this address.
    At(String),
    /// By no e-mail.
    Nowhere(NoAddress),
}

/// Why a customer can't be reached by e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAddress {
    /// None is on file.
    Missing,
    /// E-mails to it come back for good.
    Bounced,
    /// Its reader complained about an e-mail.
    Complained,
}

/// An address that gets no more e-mail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FailingAddress {
    pub customer: CustomerId,
    pub address: String,
    /// The time at which SES took the e-mail that the report is about.
    pub sent_at: Timestamp,
    pub because: NoAddress,
}

impl NoAddress {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Missing => "MISSING",
            Self::Bounced => "BOUNCED",
            Self::Complained => "COMPLAINED",
        }
    }

    /// The same for a log line.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "no address on file",
            Self::Bounced => "the address on file bounced",
            Self::Complained => "the reader at the address on file complained",
        }
    }
}

impl Contacts {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        let addresses = Reads::new(client.clone(), &table, "customer").only("email, failing");
        Self { client, table, addresses }
    }

    /// The customer's e-mail address, if there is one that works. Those of a batch are read in one call. The read is consistent, because
    /// an e-mail to an old address can't be undone.
    pub(crate) async fn look_up(&self, customer: &CustomerId) -> Result<Contact, Failure> {
        let mut found = self.addresses.get(customer.as_str()).await?.unwrap_or_default();
        Ok(match (failing(&found), found.remove("email")) {
            (None, Some(AttributeValue::S(address))) if !address.is_empty() => Contact::At(address),
            (Some(because), Some(_)) => Contact::Nowhere(because),
            _ => Contact::Nowhere(NoAddress::Missing),
        })
    }

    /// Marks an address as failing, once. A report may come late. If the address was replaced or put on file again after the e-mail was
    /// sent, the report is ignored.
    pub(crate) async fn mark_failing(&self, reported: &FailingAddress) -> Result<Effect, Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("customer", text(&reported.customer))
            .update_expression("SET failing = :because, failingSince = :now")
            .condition_expression(
                "email = :address AND attribute_not_exists(failing) \
                 AND (attribute_not_exists(recordedAt) OR recordedAt < :sent_at)",
            )
            .expression_attribute_values(":because", text(reported.because.name()))
            .expression_attribute_values(":now", moment(Timestamp::now()))
            .expression_attribute_values(":address", text(&reported.address))
            .expression_attribute_values(":sent_at", moment(reported.sent_at))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else { return Ok(Effect::Made) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(found)) => {
                let item = found.item.clone().unwrap_or_default();
                let same_address = item.get("email") == Some(&text(&reported.address));
                Ok(match failing(&item) {
                    Some(_) if same_address => Effect::Duplicate,
                    _ => Effect::Nothing("another address has been put on file since, or the same one again"),
                })
            }
            _ => Err(Failure::aws("dynamodb:UpdateItem", &error)),
        }
    }
}

/// Why the address on file fails, if it does.
fn failing(contact: &Item) -> Option<NoAddress> {
    let because = contact.get("failing")?.as_s().map(String::as_str);
    Some(if because == Ok(NoAddress::Complained.name()) { NoAddress::Complained } else { NoAddress::Bounced })
}
