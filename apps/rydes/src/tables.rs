//! Looks into the services' tables.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use domain::Money;
use jiff::Timestamp;

use crate::{Deployment, Error};

pub(crate) type Item = HashMap<String, AttributeValue>;

/// A deployment's tables.
pub(crate) struct Tables<'a> {
    client: Client,
    deployment: &'a Deployment,
}

impl<'a> Tables<'a> {
    pub(crate) fn of(deployment: &'a Deployment) -> Self {
        Self { client: Client::new(deployment.aws()), deployment }
    }

    /// The item with this key, as it is at this moment.
    pub(crate) async fn item(
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
}

pub(crate) fn value(item: &Item, name: &str) -> String {
    match item.get(name) {
        Some(AttributeValue::S(value) | AttributeValue::N(value)) => value.clone(),
        _ => String::new(),
    }
}

/// An amount as people write it: the table gives numbers without trailing zeros.
pub(crate) fn amount(item: &Item, name: &str) -> String {
    let digits = value(item, name);
    Money::parse(&digits).map_or(digits, |amount| amount.to_string())
}

pub(crate) fn time(item: &Item, name: &str) -> Option<Timestamp> {
    value(item, name).parse().ok()
}
