//! Counts the attempts at each message, in a table of the service. The queue's receive count can't replace it: SQS also counts a
//! receive when the function is throttled, or when the message waits behind another one of its group. The first attempt at a message
//! is recorded only if it fails, so a message that succeeds at once costs no call.
//!
//! | attribute | meaning |
//! |---|---|
//! | `message` | the queue's name and the message's id |
//! | `attempts` | the number of failed attempts, including the one under way |
//! | `unended` | present while an attempt is under way; remains if the function was killed during it |
//! | `expiresAt` | a time at which the queue no longer holds the message |

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    config::timeout::TimeoutConfig,
    types::{AttributeValue, KeysAndAttributes, ReturnValue},
};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use tracing::warn;

use super::delivery::{Delivery, EarlierAttempts};
use crate::{
    Failure, Function,
    item::{Item, number, text},
};

/// After this many failed attempts a message goes to the dead-letter queue.
pub(super) const MAX_ATTEMPTS: u32 = 5;
/// One day longer than a queue can keep a message.
const KEPT: SignedDuration = SignedDuration::from_hours(15 * 24);
/// DynamoDB's limit for one call.
const MAX_KEYS: usize = 100;

const KEY: &str = "message";
const ATTEMPTS: &str = "attempts";
const UNENDED: &str = "unended";

/// The table of attempts. While it is in trouble no attempts are recorded, and messages are kept: an extra retry does no harm.
pub(super) struct Attempts {
    client: Client,
    table: String,
}

/// A change to the record of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// An attempt begins. It counts unless [`Undone`](Self::Undone) follows.
    Begun,
    /// The attempt ended, and counts.
    Ended,
    /// The attempt ended, and doesn't count.
    Undone,
    /// An attempt failed whose beginning wasn't recorded.
    Failed,
}

impl Attempts {
    pub(super) fn from_function(function: &Function) -> Result<Self, Error> {
        let [table] = function.settings([("ATTEMPTS_TABLE_NAME", "the table of attempts at messages")])?;
        // Most of the function's time belongs to the message itself.
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(500))
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(Duration::from_secs(2))
            .build();
        let config = aws_sdk_dynamodb::config::Builder::from(function.aws()).timeout_config(timeouts);
        Ok(Self { client: Client::from_conf(config.build()), table })
    }

    /// Looks up the earlier attempts at the messages that were received before.
    pub(super) async fn look_up(&self, deliveries: &mut [Delivery]) {
        let again = deliveries.iter().filter(|delivery| delivery.receive_count > 1).map(key);
        // DynamoDB refuses a call that names a key twice.
        let keys: Vec<String> = again.collect::<BTreeSet<_>>().into_iter().collect();
        let found = join_all(keys.chunks(MAX_KEYS).map(|some| self.pasts(some))).await;
        let failure = found.iter().find_map(|found| found.as_ref().err());
        for delivery in deliveries.iter().filter(|delivery| delivery.receive_count > 1) {
            if let Some(failure) = failure {
                delivery.span().in_scope(|| warn!(error = %failure, "earlier attempts are unknown"));
            }
        }
        let pasts: BTreeMap<_, _> = found.into_iter().flatten().flatten().collect();
        for delivery in deliveries.iter_mut() {
            delivery.past = pasts.get(&key(delivery)).copied().unwrap_or_default();
        }
    }

    async fn pasts(&self, keys: &[String]) -> Result<Vec<(String, EarlierAttempts)>, Failure> {
        let keys = keys.iter().map(|key| Item::from([(KEY.to_owned(), text(key))])).collect();
        let Ok(asked) = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()
        else {
            return Ok(Vec::new());
        };
        let found = self.client.batch_get_item().request_items(&self.table, asked).send().await;
        let found = found.map_err(|error| Failure::aws("dynamodb:BatchGetItem", &error))?;
        let items = found.responses.unwrap_or_default().into_values().flatten();
        Ok(items.filter_map(|item| Some((item.get(KEY)?.as_s().ok()?.clone(), past(&item)))).collect())
    }

    /// Records a change; returns the number of attempts so far, if it is known.
    pub(super) async fn record(&self, delivery: &Delivery, record: Record) -> Option<u32> {
        let (expression, change) = match record {
            Record::Begun => ("SET expiresAt = :expiresAt, unended = :now ADD attempts :change", 1),
            Record::Ended => ("SET expiresAt = :expiresAt REMOVE unended ADD attempts :change", 0),
            Record::Undone => ("SET expiresAt = :expiresAt REMOVE unended ADD attempts :change", -1),
            Record::Failed => ("SET expiresAt = :expiresAt ADD attempts :change", 1),
        };
        let now = Timestamp::now();
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, text(key(delivery)))
            .update_expression(expression)
            .expression_attribute_values(":change", number(change))
            .expression_attribute_values(":expiresAt", number((now + KEPT).as_second()))
            .return_values(ReturnValue::UpdatedNew);
        if record == Record::Begun {
            update = update.expression_attribute_values(":now", text(now));
        }
        match update.send().await {
            Ok(updated) => updated.attributes.and_then(|item| attempts(&item)),
            Err(error) => {
                let failure = Failure::aws("dynamodb:UpdateItem", &error);
                delivery.span().in_scope(|| warn!(error = %failure, "the attempt is not recorded"));
                None
            }
        }
    }
}

/// The key of a message's record. A redrive gives the message a new id, so it starts over with all its attempts.
fn key(delivery: &Delivery) -> String {
    format!("{}/{}", delivery.queue_name, delivery.message_id)
}

fn past(item: &Item) -> EarlierAttempts {
    EarlierAttempts { attempts: attempts(item).unwrap_or_default(), unended: item.contains_key(UNENDED) }
}

fn attempts(item: &Item) -> Option<u32> {
    item.get(ATTEMPTS).map(AttributeValue::as_n)?.ok()?.parse().ok()
}

#[cfg(test)]
impl Attempts {
    pub(super) fn at(client: Client) -> Self {
        Self { client, table: "attempts".to_owned() }
    }
}
