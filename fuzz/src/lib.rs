//! The checks of the fuzz targets: on accepted input, and on the messages about refused input.

// This parser is included by file: with its crate, a payment provider's whole API would be instrumented.
#[path = "../../functions/customer-payment/src/request.rs"]
pub mod request;

use std::collections::HashMap;

use contracts::Money;
use lambda_http::{Request, RequestExt};
use lambda_messaging::{Failure, Faults, RawFields, api};

/// All messages about refused input, without their digits. No other message is possible, so no message quotes the input.
const RULES: [&str; 27] = [
    "expected an event of type ",
    "is given more than once",
    "is missing",
    "is not a known field; known are ",
    "must be a UUID",
    "must be a list of strings",
    "must be a number",
    "must be a number or a numeric string",
    "must be a string",
    "must be a time as in --T::Z",
    "must be a whole number of minutes",
    "must be a whole number of seconds, at least ",
    "must be another place than from",
    "must be at most ",
    "must be at most a year ahead",
    "must be in the future",
    "must be  to  characters of A-Z a-z - _ -",
    "must have at most  characters",
    "must have at most  decimal places",
    "must name at least one herd, or be left out to ask all",
    "must not be empty",
    "must not be negative",
    "must not contain control characters",
    "the event's id is not that of its data",
    "the message is not",
    "the report can't be used: it is not about an e-mail to one customer at one address",
    "the report can't be used: it says no more than its type",
];

/// The messages that go on with a name of ours.
const OPEN: [&str; 3] =
    ["expected an event of type ", "is not a known field; known are ", "the message is not"];

/// The input as text: all input of the parsers is text.
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The fields of a request's body; `None` if the body is refused before its fields are checked.
pub fn fields(data: &[u8]) -> Option<RawFields> {
    match api::json_object(text(data)?) {
        Ok(fields) => {
            assert!(data.len() <= 8 * 1024);
            Some(fields)
        }
        Err(problem) => {
            assert!([400, 413].contains(&problem.status().as_u16()));
            None
        }
    }
}

/// Checks that an amount is within its bounds and exact, and has only one text.
pub fn check_money(amount: Money) {
    assert!(amount.minor_units() <= 100_000_000, "{amount}");
    assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
}

/// Checks that a failure to read input is permanent, has a documented name, and quotes nothing.
pub fn check_failure(failure: impl Into<Failure>) {
    let failure = failure.into();
    assert!(!failure.is_retryable(), "{failure}");
    check_reason(&failure.reason().error_type, &failure.reason().detail);
}

/// Checks the parts of such a failure.
pub fn check_reason(error_type: &str, detail: &str) {
    match error_type {
        "MalformedRow" => {
            assert!(detail.starts_with("the row's attribute ") && detail.len() < 80, "{detail}")
        }
        "AccountCreditException" => assert_eq!(detail, "the account takes no credit"),
        "MalformedEvent" | "UnexpectedEventType" => check_rule(detail),
        _ => panic!("{error_type}: {detail}"),
    }
}

/// Checks that every fault of a request names one of its fields, and that no fault quotes a value.
pub fn check_faults(faults: &Faults, raw: &RawFields) {
    assert!(!faults.is_empty());
    for fault in faults.iter() {
        let known =
            ["from", "to", "duration", "distance", "customer", "fare", "when", "herds", "reply-within"];
        assert!(known.contains(&fault.field.as_str()) || raw.iter().any(|(name, _)| *name == fault.field));
        // The names of herds are not secret, and are plain words.
        if !fault.rule.starts_with("there is no herd ") {
            check_rule(fault.rule.strip_prefix("each ").unwrap_or(&fault.rule));
        }
    }
}

/// True if a message is one of the known ones.
pub fn check_rule(rule: &str) {
    let plain = rule.replace(|c: char| c.is_ascii_digit(), "");
    let open = OPEN.iter().any(|open| plain.starts_with(open)) && plain.len() < 200;
    assert!(open || RULES.contains(&plain.as_str()), "{rule}");
}

/// A request about this id.
pub fn request_about(id: &str) -> Request {
    let path = HashMap::from([("id".to_owned(), id.to_owned())]);
    Request::new("".into()).with_path_parameters(path)
}

/// Runs a future to its end. It never waits, because the AWS of these targets answers at once.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
