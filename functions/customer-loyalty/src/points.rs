//! The points table: for each customer one award per ride, and the sum of the awards as the balance.

use contracts::{CustomerId, RideId};
use lambda_messaging::{
    item::{self, number, text},
    joined_write::Entry,
};

use crate::Points;

/// The `LoyaltyPoints` table.
#[derive(Debug)]
pub struct LoyaltyPoints {
    table: String,
}

impl LoyaltyPoints {
    /// The table of this name.
    #[must_use]
    pub fn new(table: String) -> Self {
        Self { table }
    }

    /// The award of a ride's points. It is put once, and guards the balance: both are written in one transaction.
    pub(crate) fn award(&self, customer: &CustomerId, ride: RideId, Points(points): Points) -> Entry {
        let award = item::new([
            ("customer", text(customer)),
            ("entry", text(format_args!("RIDE#{ride}"))),
            ("points", number(points)),
        ]);
        let balance = item::new([("customer", text(customer)), ("entry", text("BALANCE"))]);
        let entry = Entry::once(&self.table, "customer", award);
        entry.add_to(&self.table, balance, [("points", points), ("rides", 1)])
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        Client,
        operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use lambda_messaging::{Effect, item::RECORDED_AT, joined_write};

    use super::*;

    const RIDES: [&str; 2] = ["0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10", "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f11"];

    /// Awards 256 points for each of these rides of a customer, in a call that is as expected.
    async fn award(rides: &[&str], expected: fn(&TransactWriteItemsInput) -> bool) {
        let rule = mock!(Client::transact_write_items)
            .match_requests(expected)
            .then_output(|| TransactWriteItemsOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let (table, customer) = (LoyaltyPoints::new("points".into()), CustomerId::parse("cmr").unwrap());
        let awards =
            rides.iter().map(|ride| table.award(&customer, RideId::parse(ride).unwrap(), Points(256)));
        let awarded = joined_write::put_all(&client, &awards.collect::<Vec<_>>()).await;
        assert_eq!(awarded, vec![Ok(Effect::Made); rides.len()]);
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn award_and_balance_are_one_transaction() {
        award(&RIDES[..1], |call| {
            let [award, balance] = call.transact_items() else { return false };
            let (award, balance) = (award.put().unwrap(), balance.update().unwrap());
            let mut item = award.item().clone();
            item.remove(RECORDED_AT).is_some()
                && (award.table_name(), balance.table_name()) == ("points", "points")
                && award.condition_expression() == Some("attribute_not_exists(#key)")
                && award.expression_attribute_names().unwrap()["#key"] == "customer"
                && item
                    == item::new([
                        ("customer", text("cmr")),
                        ("entry", text("RIDE#0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10")),
                        ("points", number(256)),
                    ])
                && *balance.key() == item::new([("customer", text("cmr")), ("entry", text("BALANCE"))])
                && balance.update_expression() == "ADD #n0 :n0, #n1 :n1"
                && balance.expression_attribute_names().unwrap()["#n0"] == "points"
                && balance.expression_attribute_names().unwrap()["#n1"] == "rides"
                && balance.expression_attribute_values().unwrap()[":n0"] == number(256)
                && balance.expression_attribute_values().unwrap()[":n1"] == number(1)
        })
        .await;
    }

    #[tokio::test]
    async fn two_rides_of_a_customer_change_the_balance_once() {
        award(&RIDES, |call| {
            let [_, _, balance] = call.transact_items() else { return false };
            let added = balance.update().unwrap().expression_attribute_values().unwrap();
            (&added[":n0"], &added[":n1"]) == (&number(512), &number(2))
        })
        .await;
    }
}
