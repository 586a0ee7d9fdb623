//! Withheld events: their customers have no address that works, and may get one soon.

use aws_sdk_dynamodb::{Client, operation::delete_item::DeleteItemError, types::AttributeValue};
use contracts::CustomerId;
use jiff::{SignedDuration, Timestamp};
use lambda_messaging::{
    Event, Failure,
    item::{self, Item, RECORDED_AT, number, text},
};

use crate::Occasion;

/// The number of events that are read at once. They are released one by one, so a few are enough.
const PAGE: i32 = 25;

/// The longest time for which an event is withheld, from the event's own time. No e-mail is sent for an older event.
#[derive(Debug, Clone, Copy)]
pub struct WithheldFor(SignedDuration);

impl WithheldFor {
    /// Reads a whole number of hours.
    ///
    /// # Errors
    /// If the text is not a whole number, or the number is 0.
    pub fn parse(hours: &str) -> Result<Self, &'static str> {
        let hours = hours.parse::<u16>().ok().filter(|hours| *hours > 0);
        hours.map(|hours| Self(SignedDuration::from_hours(hours.into()))).ok_or("must be a number of hours")
    }
}

/// The `WithheldNotifications` table: the withheld events by customer. It is separate from the notifications, whose records stay, so that
/// the personal data in an event expires. Its key is the customer, because an index couldn't be read consistently.
#[derive(Debug)]
pub struct Withheld {
    client: Client,
    table: String,
}

/// A withheld event.
#[derive(Debug)]
pub(crate) struct WithheldEvent {
    item: Item,
}

impl Withheld {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Keeps an event until its customer has an address, unless the event is too old for that.
    pub(crate) async fn keep(
        &self,
        event: &Event<Occasion>,
        withheld_for: WithheldFor,
        now: Timestamp,
    ) -> Result<(), Failure> {
        // An event with a time in the future must not be withheld for longer.
        let expires_at = event.time.min(now) + withheld_for.0;
        if expires_at <= now {
            return Ok(());
        }
        let item = item::new([
            ("customer", text(event.data.customer())),
            ("eventId", text(&event.id)),
            ("correlationId", text(&event.correlationid)),
            ("event", text(event.to_json()?)),
            ("expiresAt", number(expires_at.as_second())),
        ]);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item::stamped(item)));
        put.send().await.map(drop).map_err(|error| Failure::aws("dynamodb:PutItem", &error))
    }

    /// Releases each event that is withheld for a customer, and then deletes it. An event that can never be released doesn't hold up the
    /// others.
    ///
    /// # Errors
    /// A retryable failure ends the release at once. Otherwise the failure of the first event that can never be released.
    pub(crate) async fn release_each(
        &self,
        customer: &CustomerId,
        now: Timestamp,
        release: impl AsyncFn(&WithheldEvent) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("customer = :customer")
            // DynamoDB deletes expired items some time after they expire.
            .filter_expression("expiresAt > :now")
            .expression_attribute_values(":customer", text(customer))
            .expression_attribute_values(":now", number(now.as_second()))
            .limit(PAGE);
        let mut found = query.into_paginator().items().send();
        let mut released = Ok(());
        while let Some(item) = found.next().await {
            let event = WithheldEvent { item: item.map_err(|error| Failure::aws("dynamodb:Query", &error))? };
            match release(&event).await {
                Ok(()) => self.forget(&event).await?,
                Err(failure) if failure.is_retryable() => return Err(failure),
                Err(failure) => released = released.and(Err(failure)),
            }
        }
        released
    }

    /// Deletes an event, unless it was withheld again since it was read, because the customer's address was removed again.
    async fn forget(&self, event: &WithheldEvent) -> Result<(), Failure> {
        let attribute = |name: &str| event.item.get(name).cloned().unwrap_or(AttributeValue::Null(true));
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("customer", attribute("customer"))
            .key("eventId", attribute("eventId"))
            .condition_expression("recordedAt = :read")
            .expression_attribute_values(":read", attribute(RECORDED_AT));
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(Failure::aws("dynamodb:DeleteItem", &error)),
            },
        }
    }
}

impl WithheldEvent {
    /// The event as a message's body.
    pub(crate) fn body(&self) -> Result<&str, Failure> {
        self.text("event").ok_or_else(|| Failure::permanent("MalformedRow", "a withheld event has no event"))
    }

    /// The event's id and correlation id, for the log.
    pub(crate) fn ids(&self) -> [Option<&str>; 2] {
        ["eventId", "correlationId"].map(|name| self.text(name))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }
}
