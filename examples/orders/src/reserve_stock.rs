//! Reserves the stock of an order, and starts the order's fulfilment.

use aws_sdk_sfn::operation::start_execution::StartExecutionError;
use lambda_messaging::{
    Effect, Event, Failure,
    consumer::Receiver,
    idempotent_write,
    item::{self, number, text},
};
use serde_json::json;

use crate::OrderPlaced;

/// The receiver of all orders.
#[derive(Debug)]
pub struct ReserveStock {
    dynamodb: aws_sdk_dynamodb::Client,
    reservations: String,
    sfn: aws_sdk_sfn::Client,
    fulfilment: String,
}

impl ReserveStock {
    /// Reserves in the table of this name, and starts the state machine with this ARN.
    #[must_use]
    pub fn new(
        (dynamodb, reservations): (aws_sdk_dynamodb::Client, String),
        (sfn, fulfilment): (aws_sdk_sfn::Client, String),
    ) -> Self {
        Self { dynamodb, reservations, sfn, fulfilment }
    }

    /// Starts the fulfilment of an order. It has the order's id as its name, so it can't be started twice.
    async fn start(&self, OrderPlaced { order, customer, total, .. }: &OrderPlaced) -> Result<(), Failure> {
        let input = json!({"order": order, "customer": customer, "total": total}).to_string();
        let start = self.sfn.start_execution().state_machine_arn(&self.fulfilment);
        match start.name(order.to_string()).input(input).send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(StartExecutionError::ExecutionAlreadyExists(_)) => Ok(()),
                _ => Err(Failure::aws("states:StartExecution", &error)),
            },
        }
    }
}

impl Receiver for ReserveStock {
    type Payload = OrderPlaced;

    /// Reserves first, then starts. After a crash in between, the message comes again and finds the reservation, so the start doesn't
    /// depend on the reservation being new.
    async fn receive(&self, event: Event<OrderPlaced>) -> Result<Effect, Failure> {
        let OrderPlaced { order, product, quantity, .. } = &event.data;
        let reservation =
            item::new([("id", text(order)), ("product", text(product)), ("quantity", number(quantity))]);
        // A label, because the fulfilment changes it.
        let status = item::new([("status", text("RESERVED"))]);
        let reserved =
            idempotent_write::put_labelled(&self.dynamodb, &self.reservations, "id", reservation, status);
        let reserved = reserved.await?;
        self.start(&event.data).await?;
        Ok(reserved.into())
    }
}
