//! The body of `POST /submit-ride-prebooking`, as it comes out of the submission queue.

#![no_main]

use contracts::{PrebookingId, PrebookingRejected, PrebookingSubmitted};
use fuzz::{check_faults, fields};
use jiff::{SignedDuration, Timestamp};
use lambda_messaging::IncomingPayload;
use libfuzzer_sys::fuzz_target;
use ride_booking::RidePrebooking;

const PREBOOKING: &str = "0190c8f4-5f7b-7c3e-8a57-0d6f2b7b9f10";

fuzz_target!(|data: &[u8]| {
    let Some(raw) = fields(data) else { return };
    let now: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    let prebooking = PrebookingId::parse(PREBOOKING).unwrap();
    // Either way there is an event to tell, and those who are told can read it.
    match RidePrebooking::parse(&raw, now) {
        Ok(sound) => {
            assert!(sound.when > now && sound.when <= now + SignedDuration::from_hours(366 * 24));
            assert_ne!(sound.from, sound.to);
            let told = sound.into_event(prebooking);
            let json = serde_json::to_string(&told).unwrap();
            assert_eq!(PrebookingSubmitted::read("PrebookingSubmitted", &json), Ok(told));
        }
        Err(faults) => {
            check_faults(&faults, &raw);
            let told = PrebookingRejected { prebooking, reasons: faults.into_iter().collect() };
            let json = serde_json::to_string(&told).unwrap();
            assert!(json.len() < 256 * 1024, "its reasons fit into a message");
            assert_eq!(PrebookingRejected::read("PrebookingRejected", &json), Ok(told));
        }
    }
});
