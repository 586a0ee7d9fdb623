//! The Prebookings table. Beside the bookings it maps each idempotency key to its booking, and each repeated submission to the booking
//! that it repeats.

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use contracts::PrebookingId;
use lambda_messaging::{
    CorrelationId, Failure, Fault, idempotency_key,
    idempotent_write::{self, Written},
    item::{self, Item, moment, text},
};
use serde_json::{Value, json};

use super::{
    RidePrebooking,
    submission::{First, Submission},
};

/// The `Prebookings` table.
#[derive(Debug)]
pub struct Prebookings {
    client: Client,
    table: String,
}

/// The result of storing a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The submission is a booking of its own, inserted now or by an earlier delivery.
    Own(Written),
    /// It repeats this request, whose booking can now be reached by its id, too.
    Repetition(First),
    /// Its key was used before with another request.
    KeyConflict,
}

/// The decision on a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The ride will take place.
    Confirmed,
    /// The ride will not take place, for these reasons.
    Rejected(Vec<Fault>),
}

impl Prebookings {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a submission under its id, once. With a key, the booking and the key's entry are one transaction, so the same
    /// key can't make two.
    ///
    /// # Errors
    /// Permanent `IdempotencyConflict` if another request has this id.
    pub(crate) async fn submit(&self, submission: &Submission) -> Result<Stored, Failure> {
        let (content, beginning) = (content(submission), beginning(submission));
        let Some(key) = &submission.key else {
            let put =
                idempotent_write::put_labelled(&self.client, &self.table, "id", content, beginning).await;
            return put.map(Stored::Own);
        };
        let entry = item::new([
            ("id", text(&key.entry)),
            ("booking", text(submission.id)),
            ("digest", text(&key.digest)),
            ("submittedAt", moment(submission.accepted_at)),
            ("correlationId", text(&submission.correlation_id)),
        ]);
        let mut booking = item::stamped(beginning);
        booking.extend(content);
        let (keys, bookings) = ((self.table.as_str(), entry), (self.table.as_str(), booking));
        let Some(taken) = idempotency_key::put(&self.client, keys, bookings).await? else {
            return Ok(Stored::Own(Written::Inserted));
        };
        let (digest, first) = read_entry(&taken).ok_or_else(|| {
            Failure::permanent("MalformedRow", "the entry of an idempotency key can't be read")
        })?;
        if digest != key.digest {
            Ok(Stored::KeyConflict)
        } else if first.id == submission.id {
            // An earlier delivery of this very request took the key, in one transaction with its booking.
            Ok(Stored::Own(Written::AlreadyPresent))
        } else {
            let alias = item::new([("id", text(submission.id)), ("aliasOf", text(first.id))]);
            idempotent_write::put(&self.client, &self.table, "id", alias).await?;
            Ok(Stored::Repetition(first))
        }
    }

    /// Records the decision once.
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
            .expression_attribute_values(":now", moment(jiff::Timestamp::now()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(Written::Inserted),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(found)) if found.item.is_some() => {
                    Ok(Written::AlreadyPresent)
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

/// The digest of the request that took a key, and the request.
fn read_entry(entry: &Item) -> Option<(String, First)> {
    let value = |name: &str| entry.get(name)?.as_s().ok();
    let first = First {
        id: PrebookingId::parse(value("booking")?).ok()?,
        accepted_at: value("submittedAt")?.parse().ok()?,
        correlation_id: CorrelationId::parse(value("correlationId")?).ok()?,
    };
    Some((value("digest")?.clone(), first))
}

/// The content of a submission. A redelivery has the same content.
fn content(submission: &Submission) -> Item {
    let mut content = item::new([("id", text(submission.id))]);
    content.extend(submission.witness.iter().map(|witness| ("witness".to_owned(), text(witness))));
    if let Ok(RidePrebooking { from, to, when, customer }) = &submission.asked {
        content.extend(item::new([
            ("from", text(from)),
            ("to", text(to)),
            ("when", text(when)),
            ("customer", text(customer)),
        ]));
    }
    content
}

/// The initial state of a booking. A redelivery finds its current state.
fn beginning(submission: &Submission) -> Item {
    let (status, reasons) = match &submission.asked {
        Ok(_) => ("SUBMITTED", &[][..]),
        Err(reasons) => ("REJECTED", reasons.as_slice()),
    };
    item::new([
        ("status", text(status)),
        ("reasons", listed(reasons)),
        ("submittedAt", moment(submission.accepted_at)),
        ("correlationId", text(&submission.correlation_id)),
        ("traceparent", text(submission.trace_parent)),
    ])
}

fn listed(reasons: &[Fault]) -> AttributeValue {
    let reason = |Fault { field, rule }: &Fault| {
        AttributeValue::M(item::new([("field", text(field)), ("rule", text(rule))]))
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
