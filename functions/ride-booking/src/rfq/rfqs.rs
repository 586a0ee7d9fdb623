//! The Rfqs table. A request and its quotes are one item, so each change is one conditional write, and concurrent changes need no lock.

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
    item::{self, Item, moment, number, text},
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

/// The outcome of counting a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// The quote counts.
    InTime(Written),
    /// The request was closed before, so the quote doesn't count.
    Late(Written),
}

/// The outcome of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// The deadline closed the request, now or at an earlier delivery.
    Closed(Written),
    /// All herds had answered before.
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

    /// Counts a quote once for each responder, or records it as late.
    ///
    /// # Errors
    /// Permanent `UnknownRfq` if there is no such request, `NotAsked` if the responder wasn't asked, `AnsweredTwice` if it has given
    /// another quote before.
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

    /// Adds the quote of a herd that was asked and hasn't answered yet, if this condition holds too. Otherwise returns the existing item.
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

    /// Closes a request whose deadline has passed before all herds have answered.
    ///
    /// # Errors
    /// Transient `TooEarly` if the deadline hasn't passed; permanent `UnknownRfq` if there is no such request.
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

    /// The request with this id, if there is one.
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
            // As the customer gave them: empty and 0 if they were left out.
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

/// The responder's earlier quote among these answers; an error if it is another one than this.
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

#[cfg(test)]
pub(crate) mod tests;
