//! Reads the services' tables.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes},
};
use contracts::Money;
use jiff::Timestamp;

use crate::{deployment::Deployment, error::Error};

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// DynamoDB's limit of keys in one call.
const AT_ONCE: usize = 100;

/// A deployment's tables.
#[derive(Debug)]
pub struct Tables<'a> {
    client: Client,
    deployment: &'a Deployment,
}

impl<'a> Tables<'a> {
    /// The tables of a deployment.
    #[must_use]
    pub fn from_deployment(deployment: &'a Deployment) -> Self {
        Self { client: Client::new(deployment.aws()), deployment }
    }

    /// The item with this key, read consistently.
    pub async fn item(
        &self,
        service: &str,
        table: &str,
        key: &[(&str, &str)],
    ) -> Result<Option<Item>, Error> {
        let key =
            key.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())));
        let get = self.client.get_item().table_name(self.deployment.output(service, table)?);
        let got = get.set_key(Some(key.collect())).consistent_read(true).send().await;
        Ok(got.map_err(|error| Error::aws("dynamodb:GetItem", &error))?.item)
    }

    /// The items with these keys, read consistently, in no particular order. Missing items are left out.
    pub async fn items(&self, service: &str, table: &str, keys: &[Item]) -> Result<Vec<Item>, Error> {
        let table = self.deployment.output(service, table)?;
        let mut items = Vec::new();
        for some in keys.chunks(AT_ONCE) {
            let mut keys = some.to_vec();
            loop {
                let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                let wanted = wanted.map_err(|error| Error::Unexpected(error.to_string()))?;
                let got = self.client.batch_get_item().request_items(table, wanted).send().await;
                let got = got.map_err(|error| Error::aws("dynamodb:BatchGetItem", &error))?;
                items.extend(got.responses.unwrap_or_default().remove(table).into_iter().flatten());
                // DynamoDB returns as many as it can, and names the keys that are left.
                let left = got.unprocessed_keys.unwrap_or_default().remove(table);
                keys = left.map_or(vec![], |left| left.keys);
                if keys.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(items)
    }
}

/// A text or a number of an item; empty if there is none.
#[must_use]
pub fn value(item: &Item, name: &str) -> String {
    match item.get(name) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => value.clone(),
        _ => String::new(),
    }
}

/// An amount with two decimals. DynamoDB returns numbers without trailing zeros.
#[must_use]
pub fn amount(item: &Item, name: &str) -> String {
    let digits = value(item, name);
    Money::parse(&digits).map_or(digits, |amount| amount.to_string())
}

/// A time of an item.
#[must_use]
pub fn time(item: &Item, name: &str) -> Option<Timestamp> {
    value(item, name).parse().ok()
}
