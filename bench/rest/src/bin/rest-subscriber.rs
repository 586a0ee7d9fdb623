//! A service that receives rides over REST, and records each once.

use aws_sdk_dynamodb::{Client, operation::put_item::PutItemError, types::AttributeValue};
use lambda_messaging::{
    Function, Service,
    api::{self, Request, Response, StatusCode},
};
use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = Function::start(Service::new("WildRydes", "rest-subscriber")).await;
    let [table, service] = function.settings([
        ("EFFECTS_TABLE_NAME", "where each service makes its record of a ride"),
        ("SERVICE", "which of the services this is"),
    ])?;
    let client = Client::new(function.aws());
    api::run(async |request: Request| {
        let ride = request.headers().get("ride").and_then(|id| id.to_str().ok()).unwrap_or_default();
        let put = client.put_item().table_name(&table).condition_expression("attribute_not_exists(id)");
        let put = put.item("id", AttributeValue::S(format!("{service} {ride}")));
        let known = PutItemError::is_conditional_check_failed_exception;
        let there =
            put.send().await.map_or_else(|error| error.as_service_error().is_some_and(known), |_| true);
        let mut answer = Response::new(String::new());
        *answer.status_mut() = if there { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE };
        answer
    })
    .await
}
