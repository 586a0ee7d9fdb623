//! Events of any type → Parquet objects.

use aws_sdk_s3::{Client, config::Builder};
use datalake_ingestion::{IngestEvents, Lake};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(datalake_ingestion::SERVICE).await;
    let [bucket, types] = function.settings([
        ("DATALAKE_BUCKET_NAME", "the bucket for Parquet objects"),
        ("LISTED_EVENT_TYPES", "the types of events that queries find, separated by commas"),
    ])?;
    // An emulator's bucket has no host name of its own, so there the bucket stands in the path.
    let emulated = function.aws().endpoint_url().is_some();
    let s3 = Client::from_conf(Builder::from(function.aws()).force_path_style(emulated).build());
    let lake = Lake::new(s3, bucket);
    consumer::run(consumer::event_batches(&function, IngestEvents::new(lake, &types))?).await
}
