//! Events of any type → Parquet objects.

use datalake_ingestion::{Bucket, IngestEvents, Lake};
use lambda_messaging::{Function, consumer};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(datalake_ingestion::SERVICE).await;
    let [bucket, suffix, types] = function.settings([
        ("DATALAKE_BUCKET_NAME", "the bucket for Parquet objects"),
        ("URL_SUFFIX", "the suffix of the hosts of AWS in this partition"),
        ("LISTED_EVENT_TYPES", "the types of events that queries find, separated by commas"),
    ])?;
    let lake = Lake::new(Bucket::new(function.aws(), &bucket, &suffix));
    consumer::run(consumer::event_batches(&function, IngestEvents::new(lake, &types))?).await
}
