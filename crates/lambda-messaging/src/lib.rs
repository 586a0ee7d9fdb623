//! Messages on AWS Lambda that take effect once.
//!
//! | module | pattern | feature |
//! |---|---|---|
//! | `Event` | canonical message: a CloudEvents envelope with correlation id and trace context (crate `message-envelope`) | |
//! | `publisher` | publish-subscribe channel: batches onto an SNS topic | `sns` |
//! | `batch` | calls that take several items: each item succeeds or fails for itself | |
//! | `outbox` | transactional outbox: publishes an event for every row that is written to a table, from the table's stream | `outbox` |
//! | `return_address` | request-reply between queues: an answer goes to the queue that the request names, if that queue is allowed | `sqs` |
//! | `consumer` | competing consumers on a buffer queue: partial batch responses, backoff, dead-letter channel | `sqs`, `fifo` |
//! | `stream` | consumers of Kinesis and DynamoDB streams: partial batch responses, order by key, dead-letter channel | `streams` |
//! | `idempotent_write` | idempotent receiver: the effect and the record that guards it in one write | `idempotency` |
//! | `joined_read` | items that the messages of a batch look up at the same time, in one call | `idempotency` |
//! | `joined_write` | idempotent receiver of a batch: the effects of several messages and their guards in one transaction | `idempotency` |
//! | `idempotent_call` | idempotent call to another system's API: the outcome is stored, and an unknown one is said to be unknown | `idempotency` |
//! | `idempotency_key` | idempotent request: an idempotency key and the row that it stands for, in one transaction | `idempotency` |
//! | `item` | DynamoDB items | `idempotency`, `sqs` |
//! | `api` | request-reply at the edge: checks, problem documents | `api` |
//! | `Effect`, `Failure` | the result of handling a message; a failure says if a retry helps | |
//! | `metrics` | the results of handling, as CloudWatch's embedded metrics | `metrics` |
//! | `unknown_outcome` | failed calls that may have had their effect all the same | |
//! | `Function`, `Service` | the start of every function's `main`: logs, settings, AWS clients | |
//!
//! The README follows.
#![cfg_attr(all(feature = "idempotency", feature = "sqs"), doc = "")]
#![cfg_attr(all(feature = "idempotency", feature = "sqs"), doc = include_str!("../README.md"))]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::panic, clippy::indexing_slicing, clippy::unreachable))]

#[cfg(feature = "api")]
pub mod api;
mod aws;
pub mod batch;
mod caller;
#[cfg(feature = "sqs")]
pub mod consumer;
#[cfg(any(feature = "outbox", feature = "streams"))]
mod dead_letter_queue;
#[cfg(any(feature = "outbox", feature = "sqs", feature = "streams"))]
mod dead_letter_reason;
mod effect;
pub mod failure;
pub mod function;
#[cfg(any(feature = "sqs", feature = "streams"))]
mod handling;
#[cfg(feature = "idempotency")]
pub mod idempotency_key;
#[cfg(feature = "idempotency")]
pub mod idempotent_call;
#[cfg(feature = "idempotency")]
pub mod idempotent_write;
#[cfg(test)]
#[cfg(feature = "idempotency")]
mod in_memory;
#[cfg(any(feature = "idempotency", feature = "sqs"))]
pub mod item;
#[cfg(feature = "idempotency")]
pub mod joined_read;
#[cfg(feature = "idempotency")]
pub mod joined_write;
#[cfg(test)]
#[cfg(any(feature = "sqs", feature = "streams"))]
mod log_lines;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(all(not(feature = "metrics"), any(feature = "outbox", feature = "sqs", feature = "streams")))]
mod no_metrics;
#[cfg(feature = "outbox")]
pub mod outbox;
#[cfg(feature = "sns")]
pub mod publisher;
#[cfg(feature = "sqs")]
pub mod return_address;
#[cfg(any(feature = "outbox", feature = "streams"))]
mod row;
mod service;
mod settings;
#[cfg(feature = "streams")]
pub mod stream;
mod telemetry;
pub mod unknown_outcome;

pub use caller::caller;
pub use effect::Effect;
pub use failure::Failure;
pub use function::Function;
pub use message_envelope::{
    CorrelationId, Event, EventError, EventPayload, Fault, Faults, FieldReader, IdempotencyKey,
    IncomingPayload, RawFields, RawValue, SpecVersion, TraceParent, is_token, json,
};
pub use service::Service;

#[cfg(all(not(feature = "metrics"), any(feature = "outbox", feature = "sqs", feature = "streams")))]
use no_metrics as metrics;
