//! The body of `POST /submit-instant-ride-rfq`.

#![no_main]

use contracts::HerdName;
use fuzz::{check_faults, fields};
use libfuzzer_sys::fuzz_target;
use ride_booking::InstantRideRfq;

fuzz_target!(|data: &[u8]| {
    let Some(raw) = fields(data) else { return };
    let known = ["rainbow", "stardust"].map(|herd| HerdName::parse(herd).unwrap());
    match InstantRideRfq::parse(&raw, &known) {
        Ok(rfq) => {
            assert_ne!(rfq.from, rfq.to);
            let herds = rfq.herds.as_deref().unwrap_or(&known);
            assert!(!herds.is_empty() && herds.iter().all(|herd| known.contains(herd)));
            assert!(herds.is_sorted_by(|one, next| one < next), "each is asked once");
            assert!(rfq.reply_within.is_none_or(|time| (1..=900).contains(&time.seconds())));
        }
        Err(faults) => check_faults(&faults, &raw),
    }
});
