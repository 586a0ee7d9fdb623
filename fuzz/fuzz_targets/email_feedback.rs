//! SES's reports on e-mails, as `record-email-feedback` receives them.

#![no_main]

use std::cell::LazyCell;

use aws_sdk_dynamodb::Client;
use customer_notification::{Contacts, RecordEmailFeedback};
use function_testkit::Aws;
use fuzz::{block_on, check_failure, text};
use jiff::Timestamp;
use lambda_messaging::{Effect, consumer::Message};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static WORLD: LazyCell<(Aws, RecordEmailFeedback)> = LazyCell::new(|| {
        let aws = Aws::default();
        let contacts = Contacts::new(Client::new(aws.function().aws()), "contacts".into());
        (aws, RecordEmailFeedback::new(contacts))
    });
}

fuzz_target!(|data: &[u8]| {
    let Some(body) = text(data) else { return };
    WORLD.with(|world| {
        let (aws, receiver) = &**world;
        let message = Message::new("1", Timestamp::UNIX_EPOCH, body, &[]);
        let result = block_on(receiver.record(message));
        let calls = aws.take_calls();
        match (result, calls.as_slice()) {
            // The mark is of the report's own time, and for an address that the report has.
            (Ok(Effect::Made), [update]) => {
                let values = &update.json()["ExpressionAttributeValues"];
                let report: serde_json::Value = serde_json::from_str(body).unwrap();
                assert_eq!(values[":address"]["S"], report["mail"]["destination"][0]);
                assert_eq!(update.json()["Key"]["customer"]["S"], report["mail"]["tags"]["customer"][0]);
            }
            (Ok(Effect::Nothing(_)), []) => {}
            (Err(failure), []) => check_failure(failure),
            (result, calls) => panic!("{result:?} with {} calls", calls.len()),
        }
    });
});
