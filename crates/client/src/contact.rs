//! Customers' e-mail addresses.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use contracts::CustomerId;
use jiff::Timestamp;

use crate::{deployment::Deployment, error::Error};

/// Puts a customer's address on file, in place of any before. The same address put on file again is mailed again, although
/// e-mails to it came back before: reports on these are older than the item.
pub async fn add(deployment: &Deployment, customer: &str, email: &str) -> Result<(), Error> {
    check(customer)?;
    if !email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) {
        return Err(Error::Usage("email: must be an address like name@example.com".to_owned()));
    }
    let put = Client::new(deployment.aws())
        .put_item()
        .table_name(deployment.output("customer-notification", "ContactsTableName")?)
        .item("customer", AttributeValue::S(customer.to_owned()))
        .item("email", AttributeValue::S(email.to_owned()))
        .item("recordedAt", AttributeValue::S(format!("{:.3}", Timestamp::now())));
    put.send().await.map(drop).map_err(|error| Error::aws("dynamodb:PutItem", &error))
}

/// Removes a customer's address from the file, if there is one.
pub async fn remove(deployment: &Deployment, customer: &str) -> Result<(), Error> {
    check(customer)?;
    let delete = Client::new(deployment.aws())
        .delete_item()
        .table_name(deployment.output("customer-notification", "ContactsTableName")?)
        .key("customer", AttributeValue::S(customer.to_owned()));
    delete.send().await.map(drop).map_err(|error| Error::aws("dynamodb:DeleteItem", &error))
}

fn check(customer: &str) -> Result<(), Error> {
    CustomerId::parse(customer).map(drop).map_err(|rule| Error::Usage(format!("customer: {rule}")))
}
