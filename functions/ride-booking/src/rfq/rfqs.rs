//! The Rfqs table. A request and the answers to it are one item, so each change is one conditional write, and two that come
//! at the same instant need no lock.

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use contracts::{HerdName, Quote, RfqId, RideQuoted};
use jiff::{SignedDuration, Timestamp};
use lambda_messaging::{
    CorrelationId, Failure, TraceParent,
    idempotent_write::{self, Written},
    item::{self, Item, number, text},
};

use super::{
    InstantRideRfq, ReplyWithin,
    aggregate::Rfq,
    row::{answers, listed, malformed, read},
};

/// The `Rfqs` table.
#[derive(Debug)]
pub struct Rfqs {
    client: Client,
    table: String,
}

/// A request to store.
#[derive(Debug)]
pub(crate) struct NewRfq {
    pub id: RfqId,
    pub request: InstantRideRfq,
    pub asked: Vec<HerdName>,
    pub reply_within: ReplyWithin,
    pub correlation_id: CorrelationId,
    pub trace_parent: TraceParent,
}

/// What became of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// It counts.
    InTime(Written),
    /// The request was closed before it came, so it doesn't.
    Late(Written),
}

/// What the deadline came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It closed the request, now or before.
    Closed(Written),
    /// All had answered.
    AllAnswered,
}

impl Rfqs {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a request.
    pub(crate) async fn store(&self, new: &NewRfq) -> Result<(), Failure> {
        idempotent_write::put(&self.client, &self.table, "id", new.row(Timestamp::now())).await.map(drop)
    }

    /// Counts a quote, once for each responder, or marks it as late.
    ///
    /// # Errors
    /// Permanent: `UnknownRfq`, `NotAsked` if the responder wasn't, `AnsweredTwice` if it has given another quote before.
    pub(crate) async fn count(&self, RideQuoted { rfq, quote }: &RideQuoted) -> Result<Counted, Failure> {
        let in_time = self.put_answer(*rfq, quote, "quotes", "attribute_not_exists(expiredAt)").await?;
        let Some(found) = in_time else {
            return Ok(Counted::InTime(Written::Inserted));
        };
        if let Some(before) = given(&found, "quotes", quote)? {
            return Ok(Counted::InTime(before));
        }
        if !listed(&found, "asked").any(|name| name == quote.responder.as_str()) {
            let detail =
                format_args!("{} answers a request that it wasn't asked", quote.responder).to_string();
            return Err(Failure::permanent("NotAsked", detail));
        }
        match self.put_answer(*rfq, quote, "late", "attribute_exists(expiredAt)").await? {
            None => Ok(Counted::Late(Written::Inserted)),
            Some(found) => given(&found, "late", quote)?
                .map(Counted::Late)
                .ok_or_else(|| Failure::transient("Overtaken", "the request changed meanwhile")),
        }
    }

    /// Adds the answer of somebody who was asked and has given none, under a condition; gives the item as it is if that
    /// doesn't hold.
    async fn put_answer(
        &self,
        rfq: RfqId,
        quote: &Quote,
        to: &str,
        condition: &str,
    ) -> Result<Option<Item>, Failure> {
        let answer = item::new([
            ("quote", number(quote.quote)),
            ("pickup", number(quote.pickup)),
            ("receivedAt", moment(Timestamp::now())),
        ]);
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(rfq))
            .update_expression(format!("SET {to}.#name = :answer"))
            .condition_expression(format!(
                "contains(asked, :name) AND attribute_not_exists({to}.#name) AND {condition}"
            ))
            .expression_attribute_names("#name", quote.responder.as_str())
            .expression_attribute_values(":name", text(&quote.responder))
            .expression_attribute_values(":answer", AttributeValue::M(answer))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(found)) => {
                    found.item.clone().map(Some).ok_or_else(|| {
                        Failure::permanent("UnknownRfq", "there is no such request for quotes")
                    })
                }
                _ => Err(Failure::aws("dynamodb:UpdateItem", &error)),
            },
        }
    }

    /// Closes a request whose time is up and that not all have answered.
    ///
    /// # Errors
    /// Transient `TooEarly` if its time isn't up; permanent `UnknownRfq`.
    pub(crate) async fn expire(&self, rfq: RfqId) -> Result<Expiry, Failure> {
        let now = Timestamp::now();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(rfq))
            .update_expression("SET expiredAt = :now")
            .condition_expression(
                "replyBy <= :now AND attribute_not_exists(expiredAt) AND size(quotes) < size(asked)",
            )
            .expression_attribute_values(":now", moment(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else {
            return Ok(Expiry::Closed(Written::Inserted));
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(found)) = error.as_service_error() else {
            return Err(Failure::aws("dynamodb:UpdateItem", &error));
        };
        let Some(found) = &found.item else {
            return Err(Failure::permanent("UnknownRfq", "there is no such request for quotes"));
        };
        let found = read(found)?;
        if found.expired_at.is_some() {
            Ok(Expiry::Closed(Written::AlreadyPresent))
        } else if found.closed_at().is_some() {
            Ok(Expiry::AllAnswered)
        } else {
            Err(Failure::transient("TooEarly", "the deadline came before its time"))
        }
    }

    /// The request of this id as it stands.
    pub(crate) async fn find(&self, id: RfqId) -> Result<Option<Rfq>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let got = get.send().await.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        got.item.as_ref().map(read).transpose()
    }
}

impl NewRfq {
    /// The request as a row, stored now.
    pub(crate) fn row(&self, now: Timestamp) -> Item {
        let InstantRideRfq { from, to, customer, herds, reply_within } = &self.request;
        let reply_by = now + SignedDuration::from_secs(self.reply_within.seconds().into());
        item::new([
            ("id", text(self.id)),
            ("from", text(from)),
            ("to", text(to)),
            ("customer", text(customer)),
            // As they were given: empty, and 0, if they were left out.
            ("herds", names(herds.as_deref().unwrap_or_default())),
            ("replyWithin", number(reply_within.map_or(0, ReplyWithin::seconds))),
            ("asked", names(&self.asked)),
            ("submittedAt", moment(now)),
            ("replyBy", moment(reply_by)),
            ("quotes", AttributeValue::M(Item::new())),
            ("late", AttributeValue::M(Item::new())),
            ("correlationId", text(&self.correlation_id)),
            ("traceparent", text(self.trace_parent)),
        ])
    }
}

/// What a responder has given before: nothing, or this very quote.
fn given(found: &Item, which: &str, quote: &Quote) -> Result<Option<Written>, Failure> {
    let answers = answers(found, which).ok_or_else(malformed)?;
    match answers.iter().find(|answer| answer.quote.responder == quote.responder) {
        None => Ok(None),
        Some(given) if given.quote == *quote => Ok(Some(Written::AlreadyPresent)),
        Some(_) => {
            let detail =
                format_args!("{} has answered this request before, with another quote", quote.responder)
                    .to_string();
            Err(Failure::permanent("AnsweredTwice", detail))
        }
    }
}

fn names(names: &[HerdName]) -> AttributeValue {
    AttributeValue::L(names.iter().map(text).collect())
}

/// With a fixed number of places, so that moments compare as their texts do.
fn moment(at: Timestamp) -> AttributeValue {
    text(format_args!("{at:.3}"))
}

#[cfg(test)]
pub(crate) mod tests;
