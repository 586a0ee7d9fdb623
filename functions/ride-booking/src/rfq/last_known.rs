//! The last known herds, shared by all environments of a function. A new environment uses them while SNS throttles or hangs.

use std::time::Duration;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use contracts::HerdName;
use lambda_messaging::{
    Failure,
    item::{self, text},
};
use tokio::time::timeout;
use tracing::warn;

use super::row::listed;

/// The time to wait for the table. A later answer would be too late for the request.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// The key of the table's only row.
const KEY: &str = "herds";

/// The `KnownHerds` table.
#[derive(Debug)]
pub struct LastKnownHerds {
    client: Client,
    table: String,
}

impl LastKnownHerds {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The herds, if there is a list and it can be read.
    pub(super) async fn herds(&self) -> Option<Vec<HerdName>> {
        let get = self.client.get_item().table_name(&self.table).key("id", text(KEY));
        let failure = match timeout(ANSWERS_WITHIN, get.send()).await {
            Ok(Ok(got)) => {
                let item = got.item?;
                return Some(listed(&item, "herds").filter_map(|herd| HerdName::parse(herd).ok()).collect());
            }
            Ok(Err(error)) => Failure::aws("dynamodb:GetItem", &error),
            Err(_) => Failure::transient("CallTimedOut", "dynamodb:GetItem took too long"),
        };
        warn!(%failure, "the herds that were there before are not known either");
        None
    }

    /// Stores the herds as the last known ones.
    pub(super) async fn are(&self, herds: &[HerdName]) -> Result<(), Failure> {
        let herds = AttributeValue::L(herds.iter().map(text).collect());
        let item = item::stamped(item::new([("id", text(KEY)), ("herds", herds)]));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| Failure::aws("dynamodb:PutItem", &error))
    }
}
