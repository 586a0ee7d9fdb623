//! `rydes add-contact`

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use clap::Args;
use contracts::CustomerId;

use crate::{Deployment, Error};

/// A customer's address.
#[derive(Debug, Clone, Args)]
pub struct AddContact {
    /// The customer
    pub customer: String,
    /// The e-mail address that receipts go to
    pub email: String,
}

/// Puts a customer's address on file, in place of any before.
pub async fn add_contact(deployment: &Deployment, contact: &AddContact) -> Result<(), Error> {
    CustomerId::parse(&contact.customer).map_err(|rule| Error::Usage(format!("customer: {rule}")))?;
    if !contact.email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) {
        return Err(Error::Usage("email: must be an address like name@example.com".to_owned()));
    }
    let put = Client::new(deployment.aws())
        .put_item()
        .table_name(deployment.output("customer-notification", "ContactsTableName")?)
        .item("customer", AttributeValue::S(contact.customer.clone()))
        .item("email", AttributeValue::S(contact.email.clone()));
    put.send().await.map(drop).map_err(|error| Error::aws("dynamodb:PutItem", &error))
}
