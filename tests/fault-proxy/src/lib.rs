//! A proxy between the functions and the emulator, in which calls to AWS fail as they do in a bad hour: before they have had an
//! effect, or after it. A seed decides which fail. It also enforces AWS's quotas (the crate `aws-quotas`), which no emulator has.
//!
//! | request | effect |
//! |---|---|
//! | `POST /_faults {"share": 0.3}` | from now on this share of the calls fails; 0 stops it |
//! | `GET /_faults` | the number of calls by fault |
//! | `GET /_calls` | the number of calls of each kind, as in `dynamodb:PutItem` |
//! | `GET /_units` | the units that `DynamoDB` bills for them, as in `["rides", "write", 3]` |
//! | `POST /_messages {"to": "a-topic", "body": "…"}` | checks a message that did not come through the proxy |
//! | `GET /_messages` | the number of messages that are valid by their schemas, by type, and the faults of all others |
//! | `POST /_quotas {"profile": "sandbox", "scale": 0.05}` | from now on these quotas hold, at this share of their rates; `null` as profile ends it |
//! | `GET /_quotas` | each call's quota, the number of calls, and how many of them were throttled |
// Rates, shares and tokens are fractions, and no money.
#![allow(clippy::float_arithmetic)]

mod bucket;
mod call;
mod connection;
mod fault;
mod messages;
mod proxy;
mod quotas;
mod request_units;
mod response;
mod sent;
mod upstream;

pub use proxy::serve;
