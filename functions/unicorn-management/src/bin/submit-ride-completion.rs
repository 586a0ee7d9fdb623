//! `POST /submit-ride-completion`

use aws_sdk_dynamodb::Client;
use messaging::{Function, api};
use unicorn_management::{Rides, SubmitRideCompletion};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start("unicorn-management").await;
    let [table] = function.settings([("RIDES_TABLE_NAME", "where completed rides are stored")])?;
    let submit = SubmitRideCompletion::new(Rides::new(Client::new(function.aws()), table));
    api::run(async |request| submit.handle(&request).await).await
}
