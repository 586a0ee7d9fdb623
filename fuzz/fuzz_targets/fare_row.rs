//! A row of the Fares table, as its stream gives it.

#![no_main]

use std::cell::LazyCell;

use aws_sdk_sns::Client;
use fare_collection::PublishFareOutcomes;
use function_testkit::Aws;
use fuzz::{check_failure, text};
use lambda_messaging::{
    outbox::{Outbox, Row},
    publisher::Publisher,
};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static OUTBOX: LazyCell<PublishFareOutcomes> = LazyCell::new(|| {
        let client = Client::new(Aws::default().function().aws());
        PublishFareOutcomes::new(Publisher::new(client, "topic".into()))
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
