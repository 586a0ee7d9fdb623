//! Events of any type → Parquet objects.

use aws_sdk_s3::Client;
use datalake_ingestion::{IngestEvents, Lake};
use messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start("datalake-ingestion").await;
    let [bucket] = function.settings([("DATALAKE_BUCKET_NAME", "where Parquet objects are stored")])?;
    let lake = Lake::new(Client::new(function.aws()), bucket);
    consumer::run_batches(&function, IngestEvents::new(lake)).await
}
