//! Reads the decisions on the prebookings of a campaign, without a call for each.

use aws_sdk_dynamodb::types::AttributeValue;
use client::{
    Error,
    tables::{Item, Tables, value},
};

/// The prebookings that are decided so far, and those that are not.
#[derive(Default)]
pub(super) struct Decisions {
    pub open: Vec<String>,
    pub confirmed: usize,
    pub rejected: usize,
}

impl Decisions {
    /// These bookings, none of them known to be decided.
    pub fn of(ids: &[String]) -> Self {
        Self { open: ids.to_vec(), ..Self::default() }
    }

    /// Looks up the undecided prebookings; returns true if all are decided now.
    pub async fn look(&mut self, tables: &Tables<'_>) -> Result<bool, Error> {
        let asked = std::mem::take(&mut self.open);
        // Some at a time, so that decided items are dropped before the next are read.
        for ids in asked.chunks(100) {
            let key = |id: &String| [("id".to_owned(), AttributeValue::S(id.clone()))].into();
            let keys: Vec<Item> = ids.iter().map(key).collect();
            let items = tables.items("ride-booking", "PrebookingsTableName", &keys).await?;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undecided_and_missing_prebookings_are_read_again() {
        let item = |id: &str, status: &str| {
            let text = |text: &str| AttributeValue::S(text.to_owned());
            Item::from([("id".to_owned(), text(id)), ("status".to_owned(), text(status))])
        };
        let ids = ["a", "b", "c", "d"].map(str::to_owned);
        let mut decisions = Decisions::default();
        decisions.take(&ids, &[item("c", "CONFIRMED"), item("a", "SUBMITTED"), item("b", "REJECTED")]);
        assert_eq!((decisions.confirmed, decisions.rejected), (1, 1));
        assert_eq!(decisions.open, ["a", "d"]);
        let open = std::mem::take(&mut decisions.open);
        decisions.take(&open, &[item("a", "CONFIRMED"), item("d", "CONFIRMED")]);
        assert_eq!((decisions.confirmed, decisions.open.len()), (3, 0));
    }
}
