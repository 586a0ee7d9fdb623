//! Stripe's ids of our customers and their cards.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use contracts::CustomerId;
use lambda_messaging::{Failure, item::text};

use crate::provider::ProviderError;

/// The `PaymentMethods` table: the Stripe ids of each customer. It contains no card data.
#[derive(Debug)]
pub struct PaymentMethods {
    client: Client,
    table: String,
}

/// A card on file.
pub(super) struct OnFile {
    /// Stripe's id of the customer, `cus_…`.
    pub customer: String,
    /// Stripe's id of the card, `pm_…`.
    pub payment_method: String,
}

impl PaymentMethods {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The customer's card on file. Without one the payment is refused, because no retry would find one.
    pub(super) async fn of(&self, customer: &CustomerId) -> Result<OnFile, ProviderError> {
        let get = self.client.get_item().table_name(&self.table).key("customer", text(customer));
        let found =
            get.projection_expression("stripeCustomer, paymentMethod").send().await.map_err(|error| {
                let failure = Failure::aws("dynamodb:GetItem", &error);
                ProviderError::Unavailable(failure.reason().error_type.clone())
            })?;
        let mut item = found.item.unwrap_or_default();
        let on_file = reference(&mut item, "stripeCustomer").zip(reference(&mut item, "paymentMethod"));
        on_file
            .map(|(customer, payment_method)| OnFile { customer, payment_method })
            .ok_or_else(|| ProviderError::Refused("no_payment_method_on_file".into()))
    }
}

fn reference(item: &mut HashMap<String, AttributeValue>, name: &str) -> Option<String> {
    match item.remove(name) {
        Some(AttributeValue::S(reference)) if !reference.is_empty() => Some(reference),
        _ => None,
    }
}
