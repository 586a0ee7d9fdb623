//! Events as they come out of a queue: the envelope, and with it the data of every type.

#![no_main]

use contracts::{
    FareCollected, FareCollectionFailed, PrebookingRejected, PrebookingSubmitted, QuotesRequested,
    RfqDeadlineReached, RideCompleted, RideQuoted,
};
use customer_notification::Occasion;
use fuzz::{check_failure, request::PaymentRequested, text};
use lambda_messaging::{Event, EventPayload, IncomingPayload, consumer::AnyEvent, json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(body) = text(data) else { return };
    event::<RideCompleted>(body);
    event::<FareCollected>(body);
    event::<FareCollectionFailed>(body);
    event::<PrebookingSubmitted>(body);
    event::<PrebookingRejected>(body);
    event::<QuotesRequested>(body);
    event::<RideQuoted>(body);
    event::<RfqDeadlineReached>(body);
    event::<PaymentRequested>(body);
    match Event::<Occasion>::parse(body) {
        Ok(event) => assert_eq!(event.id, event.data.event_id()),
        Err(failure) => check_failure(failure),
    }
    match json::read::<AnyEvent>(body) {
        Ok(event) => {
            let again: AnyEvent = json::read(&event.to_json().unwrap()).unwrap();
            assert_eq!((event.id, event.source, event.time), (again.id, again.source, again.time));
            // But for the characters that no queue takes, it isn't touched.
            if !body.contains(['\u{fffe}', '\u{ffff}']) {
                assert_eq!(event.data.get(), again.data.get());
            }
        }
        Err(failure) => check_failure(failure),
    }
});

/// Every accepted event has the id of its data, and is the same after it is written and read again.
fn event<T: IncomingPayload + EventPayload + PartialEq + std::fmt::Debug + serde::Serialize>(body: &str) {
    match Event::<T>::parse(body) {
        Ok(event) => {
            assert_eq!((event.id.as_str(), event.event_type.as_str()), (event.data.id().as_str(), T::TYPE));
            assert_eq!(Event::<T>::parse(&event.to_json().unwrap()), Ok(event));
        }
        Err(failure) => check_failure(failure),
    }
}
