//! The data of each type of event, every input read as each of them.

#![no_main]

use contracts::{
    FareCollected, FareCollectionFailed, PrebookingRejected, PrebookingSubmitted, QuotesRequested,
    RfqDeadlineReached, RideCompleted, RideQuoted,
};
use fuzz::{check_failure, request::PaymentRequested, text};
use lambda_messaging::{EventPayload, IncomingPayload};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(json) = text(data) else { return };
    if let Some(ride) = payload::<RideCompleted>(json) {
        fuzz::check_money(ride.fare);
    }
    if let Some(fare) = payload::<FareCollected>(json) {
        fuzz::check_money(fare.amount);
    }
    payload::<FareCollectionFailed>(json);
    payload::<PrebookingSubmitted>(json);
    payload::<PrebookingRejected>(json);
    payload::<QuotesRequested>(json);
    if let Some(quoted) = payload::<RideQuoted>(json) {
        fuzz::check_money(quoted.quote.quote);
    }
    payload::<RfqDeadlineReached>(json);
    if let Some(request) = payload::<PaymentRequested>(json) {
        fuzz::check_money(request.amount);
    }
});

/// Every accepted payload is the same after it is written and read again, and has a short subject and id.
fn payload<T>(json: &str) -> Option<T>
where
    T: IncomingPayload + EventPayload + PartialEq + std::fmt::Debug + serde::Serialize,
{
    match T::read(T::TYPE, json) {
        Ok(read) => {
            assert_eq!(T::read(T::TYPE, &serde_json::to_string(&read).unwrap()).as_ref(), Ok(&read));
            assert!(read.id().len() <= 128 && read.subject().len() <= 128);
            Some(read)
        }
        Err(failure) => {
            check_failure(failure);
            None
        }
    }
}
