//! The sensors table: for each sensor its readings, and the number of the last one.

use aws_sdk_dynamodb::{Client, operation::update_item::UpdateItemError, types::AttributeValue};
use lambda_messaging::{
    Failure,
    idempotent_write::Written,
    item::{number, text},
};

/// The table of sensors.
pub struct Sensors {
    client: Client,
    table: String,
}

impl Sensors {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Keeps a reading. Its number guards it: both are one write, which is refused if the sensor has this reading or a later one.
    pub async fn keep(&self, sensor: &str, reading: u32, celsius: i32) -> Result<Written, Failure> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("sensor", text(sensor))
            .condition_expression("attribute_not_exists(latest) OR latest < :reading")
            .update_expression(
                "SET latest = :reading, celsius = list_append(if_not_exists(celsius, :none), :celsius)",
            )
            .expression_attribute_values(":reading", number(reading))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":celsius", AttributeValue::L(vec![number(celsius)]));
        match update.send().await {
            Ok(_) => Ok(Written::Inserted),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Written::AlreadyPresent)
            }
            Err(error) => Err(Failure::aws("dynamodb:UpdateItem", &error)),
        }
    }
}
