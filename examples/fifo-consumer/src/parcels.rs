//! The parcels table: for each parcel the last step that was taken, and the way that it has come.

use aws_sdk_dynamodb::{
    Client,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use lambda_messaging::{
    Failure,
    idempotent_write::Written,
    item::{number, text},
};

/// The table of parcels.
pub struct Parcels {
    client: Client,
    table: String,
}

impl Parcels {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Moves a parcel on. The step guards the way: both are one write, and it is refused unless the step is the next one.
    ///
    /// # Errors
    /// Transient `StepMissing` if an earlier step has not been taken.
    pub async fn advance(&self, parcel: &str, step: u32, place: &str) -> Result<Written, Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("parcel", text(parcel))
            .update_expression("SET step = :step, way = list_append(if_not_exists(way, :nowhere), :place)")
            .expression_attribute_values(":step", number(step))
            .expression_attribute_values(":nowhere", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":place", AttributeValue::L(vec![text(place)]));
        let update = match step {
            1 => update.condition_expression("attribute_not_exists(step)"),
            _ => update
                .condition_expression("step = :before")
                .expression_attribute_values(":before", number(step.saturating_sub(1))),
        };
        let update =
            update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = update.send().await else {
            return Ok(Written::Inserted);
        };
        let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(Failure::aws("dynamodb:UpdateItem", &error));
        };
        let taken = refused.item().and_then(|parcel| parcel.get("step")?.as_n().ok()?.parse().ok());
        if taken.is_some_and(|taken: u32| taken >= step) {
            Ok(Written::AlreadyPresent)
        } else {
            Err(Failure::transient("StepMissing", "an earlier step of the parcel has not been taken"))
        }
    }
}
