//! Takes an order: checks it, stores it, accepts it.

use lambda_messaging::{
    CorrelationId, Failure,
    api::{self, Problem, Request, Response, StatusCode},
    idempotency_key::{Key, KeyedTable},
    idempotent_write,
};
use serde_json::json;
use tracing::error;
use uuid::Uuid;

use crate::OrderPlaced;

/// The handler of `POST /orders`.
#[derive(Debug)]
pub struct PlaceOrder {
    orders: KeyedTable,
}

impl PlaceOrder {
    /// Stores orders here.
    #[must_use]
    pub fn new(orders: KeyedTable) -> Self {
        Self { orders }
    }

    /// Answers a request.
    pub async fn handle(&self, request: &Request) -> Response<String> {
        api::respond(StatusCode::CREATED, self.place(request).await.map(|order| json!({ "id": order })))
    }

    /// Returns the id of the order, or of the order that the key stands for since an earlier request.
    async fn place(&self, request: &Request) -> Result<String, Problem> {
        let key = api::idempotency_key(request)?;
        let key = key.ok_or_else(|| Problem::header("Idempotency-Key", "must be sent"))?;
        let fields = api::json_object(api::json_body(request)?)?;
        let id = Uuid::now_v7();
        let order = OrderPlaced::parse(id, &fields).map_err(|faults| Problem::invalid(&faults))?;
        let correlation_id = api::correlation_id(request).unwrap_or_else(|| CorrelationId::from(id));
        api::set_log_context(id, &correlation_id);

        let wanted = json!([order.customer, order.product, order.quantity]);
        let key = Key::new(&api::caller(request), &key, wanted);
        let row = order.row(&correlation_id, api::trace_parent(request));
        self.orders.put(&key, &id.to_string(), row).await.map_err(|failure| refusal(&failure))
    }
}

fn refusal(failure: &Failure) -> Problem {
    if idempotent_write::is_conflict(failure) {
        let detail = "the Idempotency-Key was used before with another order";
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    }
    error!(%failure, "not stored");
    Problem::failure(failure)
}
