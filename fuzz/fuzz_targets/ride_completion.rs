//! The body of `POST /submit-ride-completion`.

#![no_main]

use contracts::{RideCompleted, RideId};
use fuzz::{check_faults, check_money, fields};
use lambda_messaging::IncomingPayload;
use libfuzzer_sys::fuzz_target;
use unicorn_management::RideCompletion;

fuzz_target!(|data: &[u8]| {
    let Some(raw) = fields(data) else { return };
    match RideCompletion::parse(&raw) {
        Ok(completion) => {
            check_money(completion.fare);
            // Every accepted ride can be published, and subscribers can read the event.
            let ride = completion.into_event(RideId::new());
            let json = serde_json::to_string(&ride).unwrap();
            assert_eq!(RideCompleted::read("RideCompleted", &json), Ok(ride));
        }
        Err(faults) => check_faults(&faults, &raw),
    }
});
