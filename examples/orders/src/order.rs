//! An order: as a customer sends it, as a row, and as the event that announces it.

use jiff::Timestamp;
use lambda_messaging::{
    CorrelationId, Event, EventPayload, Failure, Faults, FieldReader, RawFields, TraceParent, is_token,
    item::{self, Item, number, text},
    outbox::Row,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The products, with their prices in cents.
const PRODUCTS: [(&str, u32); 3] = [("lamp", 8_900), ("mug", 1_200), ("poster", 900)];
const MOST_OF_ONE_PRODUCT: u32 = 100;

/// An order has been placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// The order.
    pub order: Uuid,
    /// The customer who placed it.
    pub customer: String,
    /// The product.
    pub product: String,
    /// How many of the product.
    pub quantity: u32,
    /// The price of all, in cents.
    pub total: u32,
}

impl EventPayload for OrderPlaced {
    const TYPE: &'static str = "OrderPlaced";

    fn id(&self) -> String {
        self.order.to_string()
    }

    fn subject(&self) -> String {
        format!("order/{}", self.order)
    }
}

/// The price of a product, in cents; none if the shop doesn't have it.
#[must_use]
pub fn price_of(product: &str) -> Option<u32> {
    PRODUCTS.iter().find(|(name, _)| *name == product).map(|(_, cents)| *cents)
}

impl OrderPlaced {
    /// Checks a request, and makes it an order with this id.
    ///
    /// # Errors
    /// Every fault of the request.
    pub(crate) fn parse(order: Uuid, raw: &RawFields) -> Result<Self, Faults> {
        let mut fields = FieldReader::new(raw, &["customer", "product", "quantity"]);
        let customer = fields.text("customer", |text| match is_token(text) {
            true => Ok(text.to_owned()),
            false => Err("must be 1 to 64 characters of A-Z a-z 0-9 _ -"),
        });
        let product = fields.text("product", |text| match price_of(text) {
            Some(price) => Ok((text.to_owned(), price)),
            None => Err("is not a product of this shop"),
        });
        let quantity = fields.number("quantity", |text| match text.parse() {
            Ok(quantity @ 1..=MOST_OF_ONE_PRODUCT) => Ok(quantity),
            _ => Err("must be a whole number from 1 to 100"),
        });
        let placed = match (customer, product, quantity) {
            (Some(customer), Some((product, price)), Some(quantity)) => {
                Some(Self { order, customer, product, quantity, total: price * quantity })
            }
            _ => None,
        };
        fields.finish(placed)
    }

    /// The order as a row, with the labels of the request that placed it.
    pub(crate) fn row(&self, correlation_id: &CorrelationId, trace_parent: TraceParent) -> Item {
        item::new([
            ("id", text(self.order)),
            ("customer", text(&self.customer)),
            ("product", text(&self.product)),
            ("quantity", number(self.quantity)),
            ("total", number(self.total)),
            ("correlationId", text(correlation_id)),
            ("traceparent", text(trace_parent)),
        ])
    }

    /// The event that a row stands for. It depends on nothing but the row, so that publishing again publishes the same event.
    ///
    /// # Errors
    /// Permanent `MalformedRow` if the row is not an order.
    pub(crate) fn event(row: &Row) -> Result<Event<Self>, Failure> {
        let plain = |text: &str| Ok::<_, std::convert::Infallible>(text.to_owned());
        let placed = Self {
            order: row.read("id", Uuid::try_parse)?,
            customer: row.read("customer", plain)?,
            product: row.read("product", plain)?,
            quantity: row.read("quantity", str::parse)?,
            total: row.read("total", str::parse)?,
        };
        let time: Timestamp = row.read(item::RECORDED_AT, str::parse)?;
        let mut event = Event::new("/orders", time, row.read("correlationId", CorrelationId::parse)?, placed);
        event.traceparent = row.text("traceparent").and_then(TraceParent::parse);
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    use lambda_messaging::RawValue;

    use super::*;

    fn order(fields: &[(&str, RawValue)]) -> Result<OrderPlaced, Faults> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        OrderPlaced::parse(Uuid::nil(), &fields)
    }

    #[test]
    fn the_total_is_the_price_of_all() {
        let text = |text: &str| RawValue::Text(text.to_owned());
        let quantity = RawValue::Number("3".to_owned());
        let placed = order(&[("customer", text("jo")), ("product", text("mug")), ("quantity", quantity)]);
        assert_eq!(placed.unwrap().total, 3_600);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let quantity = RawValue::Number("0".to_owned());
        let faults = order(&[("product", RawValue::Text("piano".to_owned())), ("quantity", quantity)]);
        let faults = faults.unwrap_err();
        let mut fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["customer", "product", "quantity"]);
    }
}
