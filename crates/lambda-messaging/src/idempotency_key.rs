//! Idempotency keys of requests. A key's entry and the row that it stands for are written in one transaction, so no key makes two
//! rows. A row's id doesn't reveal its key.
//!
//! ```no_run
//! use aws_sdk_dynamodb::Client;
//! use lambda_messaging::{
//!     Failure, IdempotencyKey,
//!     idempotency_key::{Key, KeyedTable},
//!     item::{self, text},
//! };
//! use serde_json::json;
//!
//! /// Stores an order; returns the id of the first order that came with this key.
//! async fn place(client: Client, caller: &str, key: &IdempotencyKey) -> Result<String, Failure> {
//!     let orders = KeyedTable::new(client, "orders".to_owned(), "order-keys".to_owned());
//!     let key = Key::new(caller, key, json!({"article": "A-7", "count": 2}));
//!     // Only a request that is expensive to check is worth the extra call.
//!     if let Some(earlier) = orders.find(&key).await? {
//!         return Ok(earlier);
//!     }
//!     let order = item::new([("id", text("o-1")), ("article", text("A-7"))]);
//!     orders.put(&key, "o-1", order).await
//! }
//! ```
//!
//! Both tables have the hash key `id`. The function needs `dynamodb:PutItem` on them, and for [`KeyedTable::find`] `dynamodb:GetItem` on
//! the table of keys.

use aws_sdk_dynamodb::{
    Client,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    Failure, IdempotencyKey,
    idempotent_write::conflict,
    item::{self, Item, text},
};

/// A caller's idempotency key, with a digest of the request that it came with.
///
/// ```
/// use lambda_messaging::{IdempotencyKey, idempotency_key::Key};
/// use serde_json::json;
///
/// let sent = IdempotencyKey::parse("2f1c9f0e").unwrap();
/// let first = Key::new("AIDAUSER", &sent, json!({"article": "A-7", "count": 2}));
/// let again = Key::new("AIDAUSER", &sent, json!({"count": 2, "article": "A-7"}));
/// assert_eq!(first, again);
/// let other = Key::new("AIDAUSER", &sent, json!({"article": "A-7", "count": 3}));
/// assert_eq!((&first.entry, first.digest == other.digest), (&other.entry, false));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The caller and its key. The same key from another caller is another entry.
    pub entry: String,
    /// The digest of the request: equal requests have equal digests.
    pub digest: String,
}

impl Key {
    /// The key that a caller sent with a request.
    #[must_use]
    pub fn new(caller: &str, key: &IdempotencyKey, request: Value) -> Self {
        Self { entry: format!("KEY#{caller}#{key}"), digest: digest(request) }
    }
}

/// The digest of a value. The order of an object's fields doesn't matter.
pub(crate) fn digest(mut value: Value) -> String {
    // If a dependency enables serde_json's `preserve_order`, objects keep the order of their fields.
    value.sort_all_objects();
    let digest = Sha256::digest(value.to_string());
    digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A table of rows, and a table of keys that names the row of each key.
#[derive(Debug, Clone)]
pub struct KeyedTable {
    client: Client,
    rows: String,
    keys: String,
}

impl KeyedTable {
    /// The tables of these names. Both have the hash key `id`.
    #[must_use]
    pub fn new(client: Client, rows: String, keys: String) -> Self {
        Self { client, rows, keys }
    }

    /// Puts a new row for a key; returns the id of the key's row, which may be an earlier one.
    ///
    /// # Errors
    /// Permanent `IdempotencyConflict` if the key was used before with another request.
    pub async fn put(&self, key: &Key, id: &str, row: Item) -> Result<String, Failure> {
        let entry = item::new([("id", text(&key.entry)), ("row", text(id)), ("digest", text(&key.digest))]);
        let row = item::stamped(row);
        match put(&self.client, (&self.keys, item::stamped(entry)), (&self.rows, row)).await? {
            None => Ok(id.to_owned()),
            Some(taken) => stands_for(&taken, key),
        }
    }

    /// The id of the key's row, if the key was used before.
    ///
    /// # Errors
    /// As [`KeyedTable::put`].
    pub async fn find(&self, key: &Key) -> Result<Option<String>, Failure> {
        let get = self.client.get_item().table_name(&self.keys).key("id", text(&key.entry));
        let got = get.consistent_read(true).send().await;
        let got = got.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        got.item.map(|entry| stands_for(&entry, key)).transpose()
    }
}

fn stands_for(entry: &Item, key: &Key) -> Result<String, Failure> {
    match (entry.get("row"), entry.get("digest")) {
        (Some(AttributeValue::S(row)), Some(AttributeValue::S(digest))) if *digest == key.digest => {
            Ok(row.clone())
        }
        _ => Err(conflict("the idempotency key was used before with another request")),
    }
}

/// Puts a key's entry and its row into their tables, in one transaction. If the key is taken, returns the existing entry instead. It is
/// for tables whose entries hold more than [`KeyedTable`] stores.
///
/// ```no_run
/// # async fn example(client: &aws_sdk_dynamodb::Client) -> Result<(), lambda_messaging::Failure> {
/// use lambda_messaging::{idempotency_key, item::{self, text}};
///
/// let entry = item::new([("id", text("KEY#caller#k")), ("row", text("o-1"))]);
/// let row = item::new([("id", text("o-1"))]);
/// let earlier = idempotency_key::put(client, ("order-keys", entry), ("orders", row)).await?;
/// println!("{}", if earlier.is_some() { "seen before" } else { "new" });
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Permanent `IdempotencyConflict` if the row's id is taken although the key isn't.
pub async fn put(
    client: &Client,
    (keys, entry): (&str, Item),
    (rows, row): (&str, Item),
) -> Result<Option<Item>, Failure> {
    let put = |table: &str, item: Item| {
        let put = Put::builder().table_name(table).set_item(Some(item));
        let put = put.condition_expression("attribute_not_exists(id)");
        put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).build().ok()
    };
    let call = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().set_put(put(keys, entry)).build())
        .transact_items(TransactWriteItem::builder().set_put(put(rows, row)).build());
    let Err(error) = call.send().await else {
        return Ok(None);
    };
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        match cancelled.cancellation_reasons() {
            [key, _] if key.item.is_some() => return Ok(key.item.clone()),
            [_, row] if row.code() == Some("ConditionalCheckFailed") => {
                return Err(conflict("another request has this id"));
            }
            _ => {}
        }
    }
    Err(Failure::aws("dynamodb:TransactWriteItems", &error))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::{get_item::GetItemOutput, transact_write_items::TransactWriteItemsOutput},
        types::{CancellationReason, error::TransactionCanceledException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::json;

    use super::*;
    use crate::idempotent_write::is_conflict;

    fn key(caller: &str, request: Value) -> Key {
        Key::new(caller, &IdempotencyKey::parse("k").unwrap(), request)
    }

    fn table(rule: &Rule) -> KeyedTable {
        KeyedTable::new(
            mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]),
            "rows".into(),
            "keys".into(),
        )
    }

    /// A table of keys in which this key already stands for row 1.
    fn taken(by: &Key) -> Rule {
        let entry = item::new([("id", text(&by.entry)), ("row", text("1")), ("digest", text(&by.digest))]);
        mock!(Client::transact_write_items).then_error(move || {
            let cancelled = TransactionCanceledException::builder()
                .cancellation_reasons(
                    CancellationReason::builder()
                        .code("ConditionalCheckFailed")
                        .set_item(Some(entry.clone()))
                        .build(),
                )
                .cancellation_reasons(CancellationReason::builder().code("None").build());
            TransactWriteItemsError::TransactionCanceledException(cancelled.build())
        })
    }

    #[test]
    fn the_same_key_of_another_caller_is_another_entry() {
        assert_ne!(key("a", json!(1)).entry, key("b", json!(1)).entry);
    }

    #[test]
    fn the_same_request_has_the_same_digest_in_another_order() {
        let of = |text: &str| key("a", serde_json::from_str(text).unwrap()).digest;
        assert_eq!(of(r#"{"a":1,"b":{"c":2,"d":3}}"#), of(r#"{"b":{"d":3,"c":2},"a":1}"#));
        assert_ne!(of(r#"{"a":1}"#), of(r#"{"a":2}"#));
    }

    #[tokio::test]
    async fn the_key_and_its_row_are_one_transaction() {
        let rule = mock!(Client::transact_write_items)
            .match_requests(|transact| {
                let [key, row] = transact.transact_items() else { return false };
                let (key, row) = (key.put().unwrap(), row.put().unwrap());
                let once = [key, row].map(|put| put.condition_expression());
                once == [Some("attribute_not_exists(id)"); 2]
                    && (key.table_name(), &key.item()["id"], &key.item()["row"])
                        == ("keys", &text("KEY#a#k"), &text("1"))
                    && (row.table_name(), &row.item()["id"]) == ("rows", &text("1"))
            })
            .then_output(|| TransactWriteItemsOutput::builder().build());
        let put = table(&rule).put(&key("a", json!(1)), "1", item::new([("id", text("1"))])).await;
        assert_eq!(put, Ok("1".to_owned()));
    }

    #[tokio::test]
    async fn a_key_that_is_taken_stands_for_the_first_row_and_no_other_request() {
        let first = key("a", json!({"to": "Bonn"}));
        let put = async |key: &Key| table(&taken(&first)).put(key, "2", item::new([("id", text("2"))])).await;
        assert_eq!(put(&first).await, Ok("1".to_owned()));
        let failure = put(&key("a", json!({"to": "Ulm"}))).await.unwrap_err();
        assert!(is_conflict(&failure), "{failure}");
    }

    #[tokio::test]
    async fn a_key_is_found_without_anything_to_put() {
        let first = key("a", json!({"to": "Bonn"}));
        let (entry, row) =
            (first.entry.clone(), item::new([("row", text("1")), ("digest", text(&first.digest))]));
        let there = mock!(Client::get_item)
            .match_requests(move |get| {
                get.table_name() == Some("keys") && get.key().unwrap()["id"] == text(&entry)
            })
            .then_output(move || GetItemOutput::builder().set_item(Some(row.clone())).build());
        assert_eq!(table(&there).find(&first).await, Ok(Some("1".to_owned())));
        let other = table(&there).find(&key("a", json!({"to": "Ulm"}))).await.unwrap_err();
        assert!(is_conflict(&other), "{other}");
        let nothing = mock!(Client::get_item).then_output(|| GetItemOutput::builder().build());
        assert_eq!(table(&nothing).find(&first).await, Ok(None));
    }
}
