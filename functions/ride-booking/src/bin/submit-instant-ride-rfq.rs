//! `POST /submit-instant-ride-rfq`

use aws_sdk_dynamodb::Client;
use lambda_messaging::{Function, api, idempotency_key::KeyedTable};
use ride_booking::{Herds, LastKnownHerds, ReplyWithin, Rfqs, SubmitInstantRideRfq, Subscribers};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let function = Function::start(ride_booking::SERVICE).await;
    let [table, keys, topic, queue_prefix, known, reply_within] = function.settings([
        ("RFQS_TABLE_NAME", "the table of requests for quotes"),
        ("RFQ_KEYS_TABLE_NAME", "the table of requests by idempotency key"),
        ("REQUEST_FOR_QUOTES_TOPIC_ARN", "the topic that herds subscribe to"),
        ("HERD_QUEUE_PREFIX", "the prefix of the names of herds' queues"),
        ("KNOWN_HERDS_TABLE_NAME", "the herds that were known last"),
        ("REPLY_WITHIN_SECONDS", "the seconds that quotes are waited for, if a request doesn't say"),
    ])?;
    let dynamodb = Client::new(function.aws());
    let keyed = KeyedTable::new(dynamodb.clone(), table.clone(), keys);
    let rfqs = Rfqs::new(dynamodb.clone(), table);
    let known = LastKnownHerds::new(dynamodb, known);
    let herds = Herds::new(Subscribers::new(&function, topic, queue_prefix), known);
    let submit = SubmitInstantRideRfq::new(rfqs, keyed, herds, ReplyWithin::parse(&reply_within)?);
    api::run(async |request| submit.handle(&request).await).await
}
