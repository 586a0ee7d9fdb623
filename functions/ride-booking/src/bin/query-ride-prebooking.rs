//! `GET /query-ride-prebooking/{id}`

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, api};
use ride_booking::{Prebookings, QueryRidePrebooking};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [table] = function.settings([("PREBOOKINGS_TABLE_NAME", "the table of prebookings")])?;
    let query = QueryRidePrebooking::new(Prebookings::new(Client::new(function.aws()), table));
    api::run(async |request| query.handle(&request).await).await
}
