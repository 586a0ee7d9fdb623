//! An online shop. An order is stored first, then published, then fulfilled:
//!
//! | step | function | pattern |
//! |---|---|---|
//! | a customer places an order | [`PlaceOrder`] | idempotent request: a key and its order are one transaction |
//! | the order is published | [`PublishOrders`] | transactional outbox: the table's stream misses no order |
//! | stock is reserved, and the fulfilment starts | [`ReserveStock`] | competing consumers, idempotent receiver |
//! | a large order is thanked for | [`ThankCustomer`] | the same, behind a message filter |
//! | the order is charged and shipped, or taken back | [`ChargeCustomer`], `fulfilment.asl.json` | saga |

mod charge_customer;
mod counters;
mod order;
mod place_order;
mod publish_orders;
mod reserve_stock;
mod thank_customer;

use lambda_messaging::Service;

pub use charge_customer::ChargeCustomer;
pub use order::{OrderPlaced, price_of};
pub use place_order::PlaceOrder;
pub use publish_orders::PublishOrders;
pub use reserve_stock::ReserveStock;
pub use thank_customer::ThankCustomer;

/// The service that logs, metrics and dead letters name.
pub const SERVICE: Service = Service::new("Shop", "orders");
