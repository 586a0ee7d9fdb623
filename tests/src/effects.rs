//! The effects that requests have at the services, read from the services' tables.

use aws_sdk_dynamodb::types::AttributeValue;
use client::journal::Kind;

use crate::{
    World,
    world::{Item, text},
};

impl World {
    pub async fn ride(&self, id: &str) -> Option<Item> {
        self.item("unicorn-management", "RidesTableName", &[("id", id)]).await
    }

    /// The number of stored rides.
    pub async fn ride_count(&self) -> i32 {
        let scan = self.dynamodb.scan().table_name(self.output("unicorn-management", "RidesTableName"));
        scan.select(aws_sdk_dynamodb::types::Select::Count).consistent_read(true).send().await.unwrap().count
    }

    pub async fn notification(&self, ride: &str) -> Option<String> {
        let found =
            self.item("customer-notification", "NotificationsTableName", &[("eventId", ride)]).await?;
        Some(text(&found, "status"))
    }

    /// Why a customer's address gets no more e-mail, if so.
    pub async fn failing_address(&self, customer: &str) -> Option<String> {
        let contact =
            self.item("customer-notification", "ContactsTableName", &[("customer", customer)]).await?;
        contact.contains_key("failing").then(|| text(&contact, "failing"))
    }

    /// The number of events that wait for the customer's address.
    pub async fn withheld(&self, customer: &str) -> i32 {
        let query = self.dynamodb.query().table_name(self.withheld_table()).consistent_read(true);
        let query = query.key_condition_expression("customer = :customer");
        let query = query.expression_attribute_values(":customer", AttributeValue::S(customer.into()));
        query.send().await.unwrap().count
    }

    pub fn withheld_table(&self) -> &str {
        self.output("customer-notification", "WithheldNotificationsTableName")
    }

    pub async fn fare(&self, ride: &str) -> Option<String> {
        let key = [("fareId", ride), ("entry", "OPENED")];
        Some(text(&self.item("customer-accounting", "LedgerTableName", &key).await?, "amount"))
    }

    /// A customer's points and rides.
    pub async fn points(&self, customer: &str) -> Option<(String, String)> {
        let key = [("customer", customer), ("entry", "BALANCE")];
        let balance = self.item("customer-loyalty", "LoyaltyPointsTableName", &key).await?;
        Some((text(&balance, "points"), text(&balance, "rides")))
    }

    /// Sets a customer's balance.
    pub async fn sets_points(&self, customer: &str, points: u32, rides: u32) {
        let table = self.output("customer-loyalty", "LoyaltyPointsTableName");
        let number = |n: u32| AttributeValue::N(n.to_string());
        let put =
            self.dynamodb.put_item().table_name(table).item("customer", AttributeValue::S(customer.into()));
        let put = put.item("entry", AttributeValue::S("BALANCE".into()));
        put.item("points", number(points)).item("rides", number(rides)).send().await.unwrap();
    }

    pub async fn featured(&self, ride: &str) -> bool {
        let table = "ExtraordinaryRidesTableName";
        self.item("extraordinary-rides", table, &[("rideId", ride)]).await.is_some()
    }

    pub async fn puts_address_on_file(&self, customer: &str, email: &str) {
        client::contact::add(&self.deployment, customer, email).await.unwrap();
    }

    /// The ids of all rides, of all prebookings and their repetitions, and of all requests for quotes.
    pub async fn stored(&self) -> Vec<(Kind, String)> {
        let mut all = Vec::new();
        for (kind, stack, table) in [
            (Kind::Ride, "unicorn-management", "RidesTableName"),
            (Kind::Prebooking, "ride-booking", "PrebookingsTableName"),
            (Kind::Rfq, "ride-booking", "RfqsTableName"),
        ] {
            let scan = self.dynamodb.scan().table_name(self.output(stack, table)).consistent_read(true);
            let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
            // A key's entry is not a booking: it only maps the key to its booking.
            let requests = items.iter().filter(|item| !item.contains_key("booking"));
            all.extend(requests.map(|item| (kind, text(item, "id"))));
        }
        all
    }

    /// Makes the publisher publish a ride once more: its row is deleted and put again. Only the publisher may publish.
    pub async fn tells_again_of(&self, ride: &str) {
        let table = self.output("unicorn-management", "RidesTableName");
        let row = self.ride(ride).await.unwrap();
        let delete = self.dynamodb.delete_item().table_name(table);
        delete.key("id", AttributeValue::S(ride.to_owned())).send().await.unwrap();
        self.dynamodb.put_item().table_name(table).set_item(Some(row)).send().await.unwrap();
    }
}
