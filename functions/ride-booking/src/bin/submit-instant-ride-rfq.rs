//! `POST /submit-instant-ride-rfq`

use aws_sdk_dynamodb::Client;
use domain::ReplyWithin;
use messaging::{Function, api};
use ride_booking::{Herds, Rfqs, SubmitInstantRideRfq};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start("ride-booking").await;
    let [table, topic, queue_prefix, reply_within] = function.settings([
        ("RFQS_TABLE_NAME", "where requests for quotes are stored"),
        ("REQUEST_FOR_QUOTES_TOPIC_ARN", "whose subscribers are the herds"),
        ("HERD_QUEUE_PREFIX", "what the names of herds' queues begin with"),
        ("REPLY_WITHIN_SECONDS", "how long quotes are waited for, if a request doesn't say"),
    ])?;
    let rfqs = Rfqs::new(Client::new(function.aws()), table);
    let herds = Herds::new(aws_sdk_sns::Client::new(function.aws()), topic, queue_prefix);
    let submit = SubmitInstantRideRfq::new(rfqs, herds, ReplyWithin::parse(&reply_within)?);
    api::run(async |request| submit.handle(&request).await).await
}
