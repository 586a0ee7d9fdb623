//! The Prebookings table. Beside the bookings it holds, for each idempotency key, which booking it stands for, and for
//! each message that repeated one, which booking it meant.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{transact_write_items::TransactWriteItemsError, update_item::UpdateItemError},
    types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};
use domain::{Fault, PrebookingId, RidePrebooking};
use messaging::{
    Failure,
    once::{self, Item, Written, text},
};
use serde_json::{Value, json};

use super::submission::{Key, Submission};

/// The `Prebookings` table.
#[derive(Debug)]
pub struct Prebookings {
    client: Client,
    table: String,
}

/// What became of storing a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    /// It is a booking of its own, from now on or from an earlier delivery.
    Own(Written),
    /// It repeats an earlier request, whose booking can now be reached by this id, too.
    Repetition,
    /// Its key was used before with another request.
    KeyConflict,
}

/// How processing a booking ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The ride will take place.
    Confirmed,
    /// It won't, for these reasons.
    Rejected(Vec<Fault>),
}

impl Prebookings {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a submission under its message's id, once. With a key, the booking and the key's entry are one
    /// transaction, so the same key can't make two.
    pub(crate) async fn submit(&self, submission: &Submission) -> Result<Stored, Failure> {
        let (content, beginning) = (content(submission), beginning(submission));
        let Some(key) = &submission.key else {
            let put = once::put_labelled(&self.client, &self.table, "id", content, beginning).await;
            return put.map(Stored::Own);
        };
        let Some(KeyTaken { booking: meant, digest }) = self.transact(content, beginning, key).await? else {
            return Ok(Stored::Own(Written::Now));
        };
        if meant == submission.id.to_string() {
            // An earlier delivery of this very message took the key, in one transaction with its booking.
            Ok(Stored::Own(Written::Before))
        } else if digest == key.digest {
            let alias = once::item([("id", text(submission.id)), ("aliasOf", text(meant))]);
            once::put(&self.client, &self.table, "id", alias).await.map(|_| Stored::Repetition)
        } else {
            Ok(Stored::KeyConflict)
        }
    }

    async fn transact(&self, content: Item, beginning: Item, key: &Key) -> Result<Option<KeyTaken>, Failure> {
        let id = content.get("id").cloned().unwrap_or_else(|| text(""));
        let mut item = once::stamped(beginning);
        item.extend(content);
        let put = |item: Item| {
            Put::builder()
                .table_name(&self.table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(id)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()
                .ok()
        };
        let entry = once::item([
            ("id", text(format_args!("KEY#{}", key.key))),
            ("booking", id),
            ("digest", text(&key.digest)),
        ]);
        let call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().set_put(put(entry)).build())
            .transact_items(TransactWriteItem::builder().set_put(put(item)).build());
        let Err(error) = call.send().await else {
            return Ok(None);
        };
        if let SdkError::ServiceError(service) = &error
            && let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err()
            && let Some(entry) =
                cancelled.cancellation_reasons().first().and_then(|reason| reason.item.as_ref())
        {
            let value = |name: &str| entry.get(name)?.as_s().ok().cloned();
            if let (Some(booking), Some(digest)) = (value("booking"), value("digest")) {
                return Ok(Some(KeyTaken { booking, digest }));
            }
        }
        Err(Failure::aws("dynamodb:TransactWriteItems", &error))
    }

    /// Records how processing ended, once.
    ///
    /// # Errors
    /// Permanent `UnknownPrebooking` if there is no such booking: events of bookings follow from stored ones.
    pub(crate) async fn decide(&self, id: PrebookingId, decision: &Decision) -> Result<Written, Failure> {
        let (status, reasons) = match decision {
            Decision::Confirmed => ("CONFIRMED", &[][..]),
            Decision::Rejected(reasons) => ("REJECTED", reasons.as_slice()),
        };
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .update_expression("SET #status = :status, reasons = :reasons, decidedAt = :now")
            .condition_expression("#status = :submitted")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(status))
            .expression_attribute_values(":submitted", text("SUBMITTED"))
            .expression_attribute_values(":reasons", listed(reasons))
            .expression_attribute_values(":now", text(format_args!("{:.3}", jiff::Timestamp::now())))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(Written::Now),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(found)) if found.item.is_some() => {
                    Ok(Written::Before)
                }
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                    Err(Failure::permanent("UnknownPrebooking", "there is no such prebooking"))
                }
                _ => Err(Failure::aws("dynamodb:UpdateItem", &error)),
            },
        }
    }

    /// A booking as its caller may see it, by its own id or by that of a repetition.
    pub(crate) async fn find(&self, id: PrebookingId) -> Result<Option<Value>, Failure> {
        let Some(found) = self.get(&id.to_string()).await? else {
            return Ok(None);
        };
        let meant = match found.get("aliasOf") {
            Some(AttributeValue::S(booking)) => self.get(booking).await?,
            _ => Some(found),
        };
        Ok(meant.as_ref().map(shown))
    }

    async fn get(&self, id: &str) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let got = get.send().await.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        Ok(got.item)
    }
}

/// The entry that stands where a key is taken.
struct KeyTaken {
    booking: String,
    digest: String,
}

/// What a submission asks for. A repeated delivery has the same.
fn content(submission: &Submission) -> Item {
    let mut content = once::item([("id", text(submission.id))]);
    if let Ok(RidePrebooking { from, to, when, customer }) = &submission.asked {
        content.extend(once::item([
            ("from", text(from)),
            ("to", text(to)),
            ("when", text(when)),
            ("customer", text(customer)),
        ]));
    }
    content
}

/// How the booking begins. A repeated delivery finds it as it has become since.
fn beginning(submission: &Submission) -> Item {
    let (status, reasons) = match &submission.asked {
        Ok(_) => ("SUBMITTED", &[][..]),
        Err(reasons) => ("REJECTED", reasons.as_slice()),
    };
    once::item([
        ("status", text(status)),
        ("reasons", listed(reasons)),
        ("submittedAt", text(format_args!("{:.3}", submission.sent_at))),
        ("correlationId", text(&submission.correlation_id)),
        ("traceparent", text(submission.trace_parent)),
    ])
}

fn listed(reasons: &[Fault]) -> AttributeValue {
    let reason = |Fault { field, rule }: &Fault| {
        AttributeValue::M(once::item([("field", text(field)), ("rule", text(rule))]))
    };
    AttributeValue::L(reasons.iter().map(reason).collect())
}

fn shown(item: &Item) -> Value {
    let mut shown = serde_json::Map::new();
    for name in ["id", "status", "from", "to", "when", "customer"] {
        if let Some(AttributeValue::S(value)) = item.get(name) {
            shown.insert(name.to_owned(), value.as_str().into());
        }
    }
    let reason = |reason: &AttributeValue| {
        let value = |name: &str| reason.as_m().ok()?.get(name)?.as_s().ok().cloned();
        let (field, rule) = (value("field").unwrap_or_default(), value("rule").unwrap_or_default());
        if field.is_empty() { json!({"detail": rule}) } else { json!({"field": field, "detail": rule}) }
    };
    match item.get("reasons") {
        Some(AttributeValue::L(reasons)) if !reasons.is_empty() => {
            shown.insert("reasons".to_owned(), reasons.iter().map(reason).collect());
        }
        _ => {}
    }
    Value::Object(shown)
}
