//! A submitted prebooking → a confirmed one, or a rejected one.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, consumer};
use ride_booking::{Prebookings, ProcessRidePrebooking};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [table] = function.settings([("PREBOOKINGS_TABLE_NAME", "the table of prebookings")])?;
    let bookings = Prebookings::new(Client::new(function.aws()), table);
    consumer::run(consumer::events(&function, ProcessRidePrebooking::new(bookings))?).await
}
