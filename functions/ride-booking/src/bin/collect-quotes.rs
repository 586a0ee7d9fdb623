//! The response queue → what the quotes for each request come to.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, consumer};
use ride_booking::{CollectQuotes, Rfqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [table] = function.settings([("RFQS_TABLE_NAME", "the table of requests for quotes")])?;
    let rfqs = Rfqs::new(Client::new(function.aws()), table);
    consumer::run(consumer::events(&function, CollectQuotes::new(rfqs))?).await
}
