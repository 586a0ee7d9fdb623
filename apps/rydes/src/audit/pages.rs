//! Tables, page by page.

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_dynamodb::{
    Client,
    operation::{query::paginator::QueryPaginatorItems, scan::paginator::ScanPaginator},
    types::AttributeValue,
};

use client::{
    Deployment, Error,
    tables::{Item, Tables, value},
};

/// Reads a deployment's tables page by page.
pub(super) struct Pages<'a> {
    client: Client,
    deployment: &'a Deployment,
    tables: Tables<'a>,
}

impl<'a> Pages<'a> {
    pub fn from_deployment(deployment: &'a Deployment) -> Self {
        Self {
            client: Client::new(deployment.aws()),
            deployment,
            tables: Tables::from_deployment(deployment),
        }
    }

    /// All items of a table.
    pub fn all(&self, (service, table): (&str, &str)) -> Result<ScanPaginator, Error> {
        let scan = self.client.scan().table_name(self.deployment.output(service, table)?);
        Ok(scan.consistent_read(true).into_paginator())
    }

    /// The items with this hash key whose range key has this prefix.
    pub fn beginning(
        &self,
        (service, table): Table,
        [hash, range]: [&str; 2],
        under: &str,
        prefix: &str,
    ) -> Result<QueryPaginatorItems, Error> {
        let query = self.client.query().table_name(self.deployment.output(service, table)?);
        let query = query
            .key_condition_expression("#hash = :hash AND begins_with(#range, :prefix)")
            .expression_attribute_names("#hash", hash)
            .expression_attribute_names("#range", range)
            .expression_attribute_values(":hash", AttributeValue::S(under.to_owned()))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .consistent_read(true);
        Ok(query.into_paginator().items())
    }

    /// The items with these keys, in no particular order; those that aren't there are left out.
    pub async fn at(&self, service: &str, table: &str, mut keys: Vec<Item>) -> Result<Vec<Item>, Error> {
        // DynamoDB refuses a call that names a key twice.
        let mut asked = HashSet::new();
        keys.retain(|key| asked.insert(format!("{:?}", key.iter().collect::<BTreeMap<_, _>>())));
        self.tables.items(service, table, &keys).await
    }

    /// The items with these keys, by key.
    pub async fn with<const N: usize>(
        &self,
        (service, table): Table,
        names: [&str; N],
        keys: impl IntoIterator<Item = [String; N]>,
    ) -> Result<HashMap<[String; N], Item>, Error> {
        let keys = keys.into_iter().map(|key| item(names, &key)).collect();
        let items = self.at(service, table, keys).await?;
        let key = |item: &Item| names.map(|name| value(item, name));
        Ok(items.into_iter().map(|item| (key(&item), item)).collect())
    }
}

/// A table: its service, and the output that names it.
pub(super) type Table = (&'static str, &'static str);

pub(super) const RIDES: Table = ("unicorn-management", "RidesTableName");
pub(super) const LEDGER: Table = ("customer-accounting", "LedgerTableName");
pub(super) const FARES: Table = ("fare-collection", "FaresTableName");
pub(super) const PAYMENTS: Table = ("customer-payment", "PaymentsTableName");
/// The simulated provider's table, which is missing if the deployment uses another provider.
pub(super) const PROVIDER: Table = ("customer-payment", "SimulatedProviderTableName");
pub(super) const LOYALTY: Table = ("customer-loyalty", "LoyaltyPointsTableName");
pub(super) const NOTIFICATIONS: Table = ("customer-notification", "NotificationsTableName");
pub(super) const PREBOOKINGS: Table = ("ride-booking", "PrebookingsTableName");
pub(super) const RFQS: Table = ("ride-booking", "RfqsTableName");

fn item<const N: usize>(names: [&str; N], key: &[String; N]) -> Item {
    let attributes = names.iter().zip(key);
    attributes.map(|(name, value)| ((*name).to_owned(), AttributeValue::S(value.clone()))).collect()
}
