//! The table of calls.

use aws_sdk_dynamodb::{
    Client, operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};

use super::record::Record;
use crate::{Failure, item::text};

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub client: Client,
    pub name: String,
}

/// The outcome of a write.
#[derive(Debug)]
pub(super) enum Written {
    Yes,
    /// The record was not what it was when it was read. This is what it is now.
    Changed(Record),
}

impl Table {
    /// Writes a record in place of the one that was found, or where there was none.
    ///
    /// # Errors
    /// As [`Failure::aws`]. The record may have been written all the same.
    pub(super) async fn write(
        &self,
        id: &str,
        record: &Record,
        found: Option<&Record>,
    ) -> Result<Written, Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(record.to_item(id)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match found {
            None => put.condition_expression("attribute_not_exists(id)"),
            // DynamoDB may have deleted an expired record in the meantime.
            Some(found) if found.expires_at.is_some() => put
                .condition_expression("attribute_not_exists(id) OR #token = :found")
                .expression_attribute_names("#token", "token")
                .expression_attribute_values(":found", text(&found.token)),
            Some(found) => put
                .condition_expression("#token = :found")
                .expression_attribute_names("#token", "token")
                .expression_attribute_values(":found", text(&found.token)),
        };
        let Err(error) = put.send().await else {
            return Ok(Written::Yes);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(changed)) => {
                let now = changed.item.as_ref().map(Record::from_item);
                let missing =
                    || Failure::transient("CallNotFound", "the call's record was not there any more");
                let now = now.unwrap_or_else(|| Err(missing()))?;
                // The client retried a write that had been made.
                Ok(if now.token == record.token { Written::Yes } else { Written::Changed(now) })
            }
            _ => Err(Failure::aws("dynamodb:PutItem", &error)),
        }
    }

    /// The record of a call, if there is one.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Record>, Failure> {
        let get = self.client.get_item().table_name(&self.name).key("id", text(id));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| Failure::aws("dynamodb:GetItem", &error))?;
        found.item.as_ref().map(Record::from_item).transpose()
    }
}
