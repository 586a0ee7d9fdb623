//! A row of the Contacts table, as its stream gives it.

#![no_main]

use std::cell::LazyCell;

use customer_notification::{ReleaseWithheldNotifications, Withheld};
use function_testkit::Aws;
use fuzz::{check_failure, text};
use lambda_messaging::outbox::{Outbox, Row};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static RELEASE: LazyCell<ReleaseWithheldNotifications> = LazyCell::new(|| {
        let function = Aws::default().function();
        let withheld = Withheld::new(aws_sdk_dynamodb::Client::new(function.aws()), "withheld".into());
        ReleaseWithheldNotifications::new(withheld, aws_sdk_sqs::Client::new(function.aws()), "queue".into())
    });
}

fuzz_target!(|data: &[u8]| {
    let Some(row) = text(data).and_then(|json| serde_json::from_str::<Row>(json).ok()) else { return };
    RELEASE.with(|release| match release.read(&row) {
        Ok(customer) => assert!((1..=64).contains(&customer.to_string().len())),
        Err(failure) => check_failure(failure),
    });
});
