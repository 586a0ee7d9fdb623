//! Thanks the customer of a large order with a voucher.

use lambda_messaging::{
    Effect, Event, Failure,
    consumer::Receiver,
    item::{self, text},
};

use crate::{
    OrderPlaced,
    counters::{Counter, Counters},
};

/// The receiver of large orders. The filter of its subscription says which orders are large.
#[derive(Debug)]
pub struct ThankCustomer {
    vouchers: Counters,
}

impl ThankCustomer {
    /// Keeps vouchers in the table of this name: one row for each order, and their number for each customer.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, table: String) -> Self {
        Self { vouchers: Counters::new(client, table) }
    }
}

impl Receiver for ThankCustomer {
    type Payload = OrderPlaced;

    async fn receive(&self, event: Event<OrderPlaced>) -> Result<Effect, Failure> {
        let OrderPlaced { order, customer, .. } = &event.data;
        let voucher = item::new([("id", text(format_args!("ORDER#{order}"))), ("customer", text(customer))]);
        let number = Counter { id: format!("CUSTOMER#{customer}"), add: 1, most: None };
        Ok(self.vouchers.put_and_add(voucher, number).await?.into())
    }
}
