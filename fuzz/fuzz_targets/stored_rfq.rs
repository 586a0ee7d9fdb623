//! A stored request for quotes, as `query-instant-ride-rfq` finds it.

#![no_main]

use std::cell::LazyCell;

use aws_sdk_dynamodb::Client;
use function_testkit::Aws;
use fuzz::{block_on, request_about, text};
use libfuzzer_sys::fuzz_target;
use ride_booking::{QueryInstantRideRfq, Rfqs};
use serde_json::Value;

const ID: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

thread_local! {
    static WORLD: LazyCell<(Aws, QueryInstantRideRfq)> = LazyCell::new(|| {
        let aws = Aws::default();
        let rfqs = Rfqs::new(Client::new(aws.function().aws()), "rfqs".into());
        (aws, QueryInstantRideRfq::new(rfqs))
    });
}

fuzz_target!(|data: &[u8]| {
    let Some(item) = text(data) else { return };
    WORLD.with(|world| {
        let (aws, query) = &**world;
        aws.answer("GetItem", format!(r#"{{"Item":{item}}}"#));
        let response = block_on(query.handle(&request_about(ID)));
        aws.take_calls();
        let body: Value = serde_json::from_str(response.body()).unwrap();
        match response.status().as_u16() {
            // It is shown as open or closed, and only what is closed has a best quote.
            200 => assert!(
                body["status"] == "CLOSED" || (body["status"] == "OPEN" && body.get("best").is_none())
            ),
            // Nothing is there, or nothing that can be read.
            404 | 503 => assert_eq!(body["status"], response.status().as_u16()),
            other => panic!("answered with {other}"),
        }
    });
});
