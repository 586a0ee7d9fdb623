//! Sees what was decided on the prebookings of a campaign, without a call for each.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes},
};

use crate::{
    Deployment, Error,
    tables::{Item, value},
};

/// What is decided so far, and what isn't.
pub(super) struct Decisions<'a> {
    client: Client,
    table: &'a str,
    open: Vec<String>,
    pub confirmed: usize,
    pub rejected: usize,
}

impl<'a> Decisions<'a> {
    /// Nothing is known yet of these bookings.
    pub fn of(deployment: &'a Deployment, ids: &[String]) -> Result<Self, Error> {
        let client = Client::new(deployment.aws());
        let table = deployment.output("ride-booking", "PrebookingsTableName")?;
        Ok(Self { client, table, open: ids.to_vec(), confirmed: 0, rejected: 0 })
    }

    /// Looks up those that weren't decided the last time. True if all are by now.
    pub async fn look(&mut self) -> Result<bool, Error> {
        let asked = std::mem::take(&mut self.open);
        // A table answers for a hundred keys at a time.
        for ids in asked.chunks(100) {
            let items = self.items(ids).await?;
            self.take(ids, &items);
        }
        Ok(self.open.is_empty())
    }

    fn take(&mut self, ids: &[String], items: &[Item]) {
        let mut open = ids.to_vec();
        for item in items {
            match value(item, "status").as_str() {
                "CONFIRMED" => self.confirmed += 1,
                "REJECTED" => self.rejected += 1,
                _ => continue,
            }
            let id = value(item, "id");
            open.retain(|other| *other != id);
        }
        self.open.append(&mut open);
    }

    async fn items(&self, ids: &[String]) -> Result<Vec<Item>, Error> {
        let key = |id: &String| [("id".to_owned(), AttributeValue::S(id.clone()))].into();
        let (mut keys, mut items): (Vec<_>, _) = (ids.iter().map(key).collect(), Vec::new());
        loop {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.map_err(|error| Error::Unexpected(error.to_string()))?;
            let got = self.client.batch_get_item().request_items(self.table, wanted).send().await;
            let got = got.map_err(|error| Error::aws("dynamodb:BatchGetItem", &error))?;
            items.extend(got.responses.unwrap_or_default().remove(self.table).into_iter().flatten());
            // DynamoDB gives as many as it can now, and says which are left.
            keys =
                got.unprocessed_keys.unwrap_or_default().remove(self.table).map_or(vec![], |left| left.keys);
            if keys.is_empty() {
                return Ok(items);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    #[cfg(test)]
    pub fn counted(confirmed: usize, rejected: usize) -> Decisions<'static> {
        let config = aws_sdk_dynamodb::Config::builder().behavior_version_latest().build();
        Decisions { client: Client::from_conf(config), table: "t", open: vec![], confirmed, rejected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_decided_or_not_there_is_asked_for_again() {
        let item = |id: &str, status: &str| {
            let text = |text: &str| AttributeValue::S(text.to_owned());
            Item::from([("id".to_owned(), text(id)), ("status".to_owned(), text(status))])
        };
        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        let mut decisions = Decisions::counted(0, 0);
        decisions.take(&ids, &[item("c", "CONFIRMED"), item("a", "SUBMITTED"), item("b", "REJECTED")]);
        assert_eq!((decisions.confirmed, decisions.rejected), (1, 1));
        assert_eq!(decisions.open, ["a", "d"]);
        let open = std::mem::take(&mut decisions.open);
        decisions.take(&open, &[item("a", "CONFIRMED"), item("d", "CONFIRMED")]);
        assert_eq!((decisions.confirmed, decisions.open.len()), (3, 0));
    }
}
