//! `GET /query-instant-ride-rfq/{id}`

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, api};
use ride_booking::{QueryInstantRideRfq, Rfqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [table] = function.settings([("RFQS_TABLE_NAME", "the table of requests for quotes")])?;
    let query = QueryInstantRideRfq::new(Rfqs::new(Client::new(function.aws()), table));
    api::run(async |request| query.handle(&request).await).await
}
