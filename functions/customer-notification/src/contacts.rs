//! The customers' addresses on file.

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use contracts::CustomerId;
use lambda_messaging::{Failure, item::text};

/// The `Contacts` table.
#[derive(Debug)]
pub struct Contacts {
    client: Client,
    table: String,
}

impl Contacts {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The customer's e-mail address, if one is on file. The read is consistent, because an e-mail to an old address can't be undone.
    pub(crate) async fn email(&self, customer: &CustomerId) -> Result<Option<String>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("customer", text(customer));
        let found = get.projection_expression("email").consistent_read(true).send().await;
        let found = found.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        Ok(match found.item.unwrap_or_default().remove("email") {
            Some(AttributeValue::S(address)) if !address.is_empty() => Some(address),
            _ => None,
        })
    }
}
