//! A row of the Rfqs table, as its stream gives it.

#![no_main]

use std::cell::LazyCell;

use function_testkit::Aws;
use fuzz::{check_failure, text};
use lambda_messaging::{
    outbox::{Outbox, Row},
    publisher::Publisher,
};
use libfuzzer_sys::fuzz_target;
use ride_booking::PublishInstantRideRfqs;

thread_local! {
    static OUTBOX: LazyCell<PublishInstantRideRfqs> = LazyCell::new(|| {
        let function = Aws::default().function();
        let topic = Publisher::new(aws_sdk_sns::Client::new(function.aws()), "topic".into());
        PublishInstantRideRfqs::new(topic, aws_sdk_sqs::Client::new(function.aws()), "responses".into())
    });
}

fuzz_target!(|data: &[u8]| {
    let Some(row) = text(data).and_then(|json| serde_json::from_str::<Row>(json).ok()) else { return };
    OUTBOX.with(|outbox| match outbox.read(&row) {
        // The publication depends on the row only.
        Ok(told) => assert_eq!(format!("{told:?}").len(), format!("{:?}", outbox.read(&row).unwrap()).len()),
        Err(failure) => check_failure(failure),
    });
});
