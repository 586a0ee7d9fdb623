//! Compares the orders with their outcome.

use std::collections::{BTreeSet, HashMap};

use lambda_messaging::item::Item;
use orders::price_of;

use crate::shop::{Shop, integer, string};

/// Orders from this total on are thanked for, as the subscription's filter says.
pub const LARGE: u64 = 10_000;
const CREDIT_LIMIT: u64 = 500_000;

/// An order that the shop has accepted.
pub struct Order {
    pub id: String,
    pub customer: String,
    pub product: &'static str,
    pub quantity: u32,
}

impl Order {
    fn total(&self) -> u64 {
        u64::from(price_of(self.product).unwrap() * self.quantity)
    }

    fn is_charged(&self) -> bool {
        self.total() <= CREDIT_LIMIT
    }
}

/// Returns what is wrong: nothing if each order has had its effects, each once.
pub async fn audit(shop: &Shop, placed: &[Order]) -> Vec<String> {
    let orders = shop.rows("ORDERS_TABLE_NAME").await;
    let reservations = shop.rows("RESERVATIONS_TABLE_NAME").await;
    let accounts = shop.rows("ACCOUNTS_TABLE_NAME").await;
    let vouchers = shop.rows("VOUCHERS_TABLE_NAME").await;
    let customers: BTreeSet<&str> = placed.iter().map(|order| &*order.customer).collect();
    let mut findings = Vec::new();
    let mut check = |holds: bool, finding: String| {
        if !holds {
            findings.push(finding);
        }
    };

    let ours = |row: &&Item| customers.contains(&*string(row, "customer"));
    check(
        orders.values().filter(ours).count() == placed.len(),
        "there are other orders than were placed".to_owned(),
    );
    for order in placed {
        let id = &order.id;
        check(orders.contains_key(id), format!("order {id} is not stored"));
        let status = if order.is_charged() { "SHIPPED" } else { "RELEASED" };
        let reservation = reservations.get(id).cloned().unwrap_or_default();
        check(
            integer(&reservation, "quantity") == i64::from(order.quantity)
                && string(&reservation, "status") == status,
            format!("the reservation of order {id} is {reservation:?}"),
        );
        let is_charged = accounts.contains_key(&format!("CHARGE#{id}"));
        check(is_charged == order.is_charged(), format!("order {id} is charged: {is_charged}"));
        let is_thanked = vouchers.contains_key(&format!("ORDER#{id}"));
        check(is_thanked == (order.total() >= LARGE), format!("order {id} is thanked for: {is_thanked}"));
    }
    for customer in customers {
        let theirs = || placed.iter().filter(|order| order.customer == customer);
        let owed: u64 = theirs().filter(|order| order.is_charged()).map(Order::total).sum();
        let large = theirs().filter(|order| order.total() >= LARGE).count();
        let counted = |rows: &HashMap<String, Item>| {
            rows.get(&format!("CUSTOMER#{customer}")).map_or(0, |row| integer(row, "amount"))
        };
        check(
            counted(&accounts) == i64::try_from(owed).unwrap(),
            format!("{customer} owes {}, and ordered for {owed}", counted(&accounts)),
        );
        check(
            counted(&vouchers) == i64::try_from(large).unwrap(),
            format!("{customer} has {} vouchers, for {large} large orders", counted(&vouchers)),
        );
    }
    findings
}
