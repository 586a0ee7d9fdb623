//! Messages without a transport: no AWS, no network, and no knowledge of the business whose events they carry.
//!
//! | module | content |
//! |---|---|
//! | `event` | [`Event`]: a CloudEvents 1.0 document with a correlation id and a trace context |
//! | `event_error` | [`EventError`]: the reasons why a message is not an event that its reader accepts |
//! | `payload` | [`EventPayload`], the data of an event, and [`IncomingPayload`], the data that a receiver accepts |
//! | `trace_context` | [`TraceParent`]: W3C trace context |
//! | `token` | ids of a restricted alphabet, among them [`CorrelationId`] and [`IdempotencyKey`] |
//! | `fault` | [`Faults`]: every broken rule of an input at once |
//! | `raw_fields` | [`FieldReader`]: reads the fields of an untrusted JSON object |
//! | [`json`] | JSON as it travels through a queue |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::panic, clippy::indexing_slicing, clippy::unreachable))]

mod event;
mod event_error;
mod fault;
pub mod json;
mod payload;
mod raw_fields;
mod token;
mod trace_context;

pub use event::{Event, SpecVersion};
pub use event_error::EventError;
pub use fault::{Fault, Faults};
pub use payload::{EventPayload, IncomingPayload};
pub use raw_fields::{FieldReader, RawFields, RawValue};
pub use token::{CorrelationId, IdempotencyKey, TokenError, is_token};
pub use trace_context::TraceParent;
