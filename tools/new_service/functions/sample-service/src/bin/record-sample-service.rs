//! An event `SampleEvent` → a record.

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, consumer};
use sample_service::{RecordSampleService, Records};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(sample_service::SERVICE).await;
    let [table] = function.settings([("SAMPLE_SERVICE_TABLE_NAME", "the table of recorded events")])?;
    let records = Records::new(Client::new(function.aws()), table);
    consumer::run(consumer::events(&function, RecordSampleService::new(records))?).await
}
