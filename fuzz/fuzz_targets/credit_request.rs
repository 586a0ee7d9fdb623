//! The saga's requests to `credit-account`.

#![no_main]

use std::cell::LazyCell;

use aws_sdk_dynamodb::Client;
use customer_accounting::{CreditAccount, Ledger};
use function_testkit::Aws;
use fuzz::{block_on, check_reason, text};
use lambda_runtime::{Context, LambdaEvent};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static WORLD: LazyCell<(Aws, CreditAccount)> = LazyCell::new(|| {
        let aws = Aws::default();
        let ledger = Ledger::new(Client::new(aws.function().aws()), "ledger".into());
        (aws, CreditAccount::new(ledger, "_fail_credit".into()))
    });
}

fuzz_target!(|data: &[u8]| {
    let Some(payload) = text(data).and_then(|json| serde_json::from_str(json).ok()) else { return };
    WORLD.with(|world| {
        let (aws, credit) = &**world;
        let answer = block_on(credit.handle(LambdaEvent::new(payload, Context::default())));
        let effects = aws.take_calls().len();
        match answer {
            Ok(_) => assert_eq!(effects, 1, "an accepted request has one effect"),
            Err(refusal) => {
                check_reason(&refusal.error_type, &refusal.error_message);
                assert_eq!(effects, 0, "a refused request has none");
            }
        }
    });
});
