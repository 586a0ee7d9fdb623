//! The integration patterns that the services share, small enough to read in one sitting:
//!
//! | module | pattern |
//! |---|---|
//! | [`Event`] | canonical message: a CloudEvents envelope with correlation id and trace context (crate `message-envelope`) |
//! | [`publisher`] | publish-subscribe channel: batches onto an SNS topic |
//! | [`batch`] | calls that take several items: each item succeeds or fails for itself |
//! | [`outbox`] | transactional outbox: a table's stream, from which every new row is told of |
//! | [`return_address`] | request-response between queues: an answer goes where the request says, if that is allowed |
//! | [`consumer`] | competing consumers on a buffer queue: partial batch responses, backoff, dead-letter channel |
//! | [`once`] | idempotent receiver: the effect and the record that guards it in one write |
//! | [`keyed`] | idempotency keys: what a key stands for, and the row that it stands for, in one transaction |
//! | [`api`] | request-reply at the edge: checks, problem documents |
//! | [`metrics`] | what handling came to, as CloudWatch's embedded metrics |
//! | [`unclear`] | whether a call that failed may have had its effect all the same |
//! | [`function`] | what every function's `main` does first: telemetry, settings, AWS clients |

pub mod api;
mod aws;
pub mod batch;
pub mod consumer;
mod dead_letter;
pub mod failure;
pub mod function;
pub mod keyed;
pub mod metrics;
pub mod once;
pub mod outbox;
pub mod publisher;
pub mod return_address;
mod settings;
mod telemetry;
pub mod unclear;

pub use failure::Failure;
pub use function::Function;
pub use message_envelope::{
    CorrelationId, Event, EventError, EventPayload, Fault, Faults, FieldReader, IdempotencyKey,
    IncomingPayload, RawFields, RawValue, SpecVersion, TraceParent, is_token, json,
};
