//! Ids, keys, names, places, times and traces from untrusted text.

#![no_main]

use contracts::{CustomerId, HerdName, Place, PrebookingId, RfqId, RideId};
use fuzz::{check_rule, text};
use lambda_messaging::{CorrelationId, IdempotencyKey, TraceParent};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(word) = text(data) else { return };
    uuid(word, RideId::parse);
    uuid(word, PrebookingId::parse);
    uuid(word, RfqId::parse);
    token(word, CustomerId::parse);
    token(word, IdempotencyKey::parse);
    token(word, CorrelationId::parse);
    token(word, HerdName::parse);
    match Place::parse(word) {
        Ok(place) => {
            assert_eq!(place.to_string(), word);
            assert!((1..=100).contains(&word.chars().count()) && !word.contains(char::is_control));
        }
        Err(rule) => check_rule(&rule.to_string()),
    }
    if let Some(trace) = TraceParent::parse(word) {
        assert_eq!(trace.to_string(), word);
        assert_eq!(trace.child().to_string()[..36], word[..36], "a child is of the same trace");
    }
});

/// A UUID has many spellings; one of them is used from here on.
fn uuid<T: ToString + PartialEq + std::fmt::Debug, E: ToString>(word: &str, parse: fn(&str) -> Result<T, E>) {
    match parse(word) {
        Ok(id) => {
            let written = id.to_string();
            assert_eq!(written.len(), 36);
            assert_eq!(parse(&written).ok(), Some(id));
        }
        Err(rule) => check_rule(&rule.to_string()),
    }
}

/// A token is what it was, and nothing that needs quoting anywhere.
fn token<T: ToString, E: ToString>(word: &str, parse: fn(&str) -> Result<T, E>) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match parse(word) {
        Ok(token) => {
            assert_eq!(token.to_string(), word);
            assert!((1..=64).contains(&word.len()) && word.chars().all(plain));
        }
        Err(rule) => check_rule(&rule.to_string()),
    }
}
