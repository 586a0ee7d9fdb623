//! `POST /submit-ride-completion`

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, api};
use unicorn_management::{Rides, SubmitRideCompletion};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(unicorn_management::SERVICE).await;
    let [table, keys] = function.settings([
        ("RIDES_TABLE_NAME", "the table of completed rides"),
        ("RIDE_KEYS_TABLE_NAME", "the table of rides by idempotency key"),
    ])?;
    let submit = SubmitRideCompletion::new(Rides::new(Client::new(function.aws()), table, keys));
    api::run(async |request| submit.handle(&request).await).await
}
