//! Changes of a DynamoDB table's items.

use std::collections::BTreeMap;

use aws_lambda_events::dynamodb::EventRecord;
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Map, Value, json};

use super::{
    delivery::{self, Delivery, StreamRecord},
    letter::Letter,
};
use crate::{handling::Ids, row::Row};

/// A change of an item of a DynamoDB table.
///
/// ```
/// use lambda_messaging::stream::{Change, ChangeKind};
///
/// fn is_new_customer(change: &Change) -> bool {
///     let key = change.keys.text("id").unwrap_or_default();
///     change.kind == ChangeKind::Insert && key.starts_with("CUSTOMER#")
/// }
/// ```
#[derive(Debug)]
pub struct Change {
    /// The kind of change.
    pub kind: ChangeKind,
    /// The item's key. Changes of the same item are handled in their order.
    pub keys: Row,
    /// The item after the change; `None` if it was deleted, or if the stream doesn't carry it.
    pub new: Option<Row>,
    /// The item before the change; `None` if there was none, or if the stream doesn't carry it.
    pub old: Option<Row>,
    /// True if DynamoDB deleted the item because its time to live was over.
    pub is_expiry: bool,
    /// The change's number. It is unique within the shard, and the same for every delivery.
    pub sequence_number: String,
    /// The time of the change, if the stream says it. It is the same for every delivery.
    pub changed_at: Option<Timestamp>,
}

/// The kind of a change.
///
/// ```
/// use lambda_messaging::stream::ChangeKind;
///
/// assert_ne!(ChangeKind::Insert, ChangeKind::Remove);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// A new item was put.
    Insert,
    /// An item's attributes were changed.
    Modify,
    /// An item was deleted.
    Remove,
    /// A kind that this version doesn't know.
    Other,
}

impl ChangeKind {
    fn parse(name: &str) -> Self {
        match name {
            "INSERT" => Self::Insert,
            "MODIFY" => Self::Modify,
            "REMOVE" => Self::Remove,
            _ => Self::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
            Self::Other => "OTHER",
        }
    }
}

/// The principal that DynamoDB names as the one who deleted an item whose time to live was over.
const TIME_TO_LIVE: &str = "dynamodb.amazonaws.com";

pub(super) fn delivery(came: EventRecord) -> Result<Delivery<Change>, Diagnostic> {
    let sequence_number = delivery::sequence_number(came.change.sequence_number)?;
    let changed_at = delivery::time(came.change.approximate_creation_date_time.timestamp_millis());
    let key = came.change.keys.iter().collect::<BTreeMap<_, _>>();
    let image = |item: serde_dynamo::Item| (!item.is_empty()).then_some(Row(item));
    Ok(Delivery {
        record_id: came.event_id,
        stream: came.event_source_arn.unwrap_or_default(),
        key: serde_json::to_string(&key).unwrap_or_default(),
        ids: Ids::default(),
        record: Change {
            kind: ChangeKind::parse(&came.event_name),
            keys: Row(came.change.keys),
            new: image(came.change.new_image),
            old: image(came.change.old_image),
            is_expiry: came.user_identity.is_some_and(|by| by.principal_id == TIME_TO_LIVE),
            sequence_number: sequence_number.clone(),
            changed_at,
        },
        sequence_number,
        arrived_at: changed_at,
    })
}

impl StreamRecord for Change {
    /// The change in the form in which the stream delivers it.
    fn letter(&self) -> Letter {
        let mut change = Map::new();
        for (name, row) in
            [("Keys", Some(&self.keys)), ("NewImage", self.new.as_ref()), ("OldImage", self.old.as_ref())]
        {
            if let Some(image) = row.and_then(|row| serde_json::to_value(&row.0).ok()) {
                change.insert(name.to_owned(), image);
            }
        }
        Letter::from_json(&json!({ "eventName": self.kind.name(), "dynamodb": Value::Object(change) }))
    }

    fn partition_key(&self) -> Option<&str> {
        None
    }
}
