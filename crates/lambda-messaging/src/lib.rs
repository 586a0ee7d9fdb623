//! The integration patterns that the services share, small enough to read in one sitting:
//!
//! | module | pattern |
//! |---|---|
//! | [`Event`] | canonical message: a CloudEvents envelope with correlation id and trace context (crate `message-envelope`) |
//! | [`publisher`] | publish-subscribe channel: batches onto an SNS topic |
//! | [`batch`] | calls that take several items: each item succeeds or fails for itself |
//! | [`outbox`] | transactional outbox: publishes an event for every row inserted into a table, from the table's stream |
//! | [`return_address`] | request-reply between queues: an answer goes to the queue that the request names, if that queue is allowed |
//! | [`consumer`] | competing consumers on a buffer queue: partial batch responses, backoff, dead-letter channel |
//! | [`idempotent_write`] | idempotent receiver: the effect and the record that guards it in one write |
//! | [`idempotency_key`] | idempotent request: an idempotency key and the row that it stands for, in one transaction |
//! | [`item`] | DynamoDB items |
//! | [`api`] | request-reply at the edge: checks, problem documents |
//! | [`Effect`] | the result of handling a message |
//! | [`metrics`] | the results of handling, as CloudWatch's embedded metrics |
//! | [`unknown_outcome`] | failed calls that may have had their effect all the same |
//! | [`function`] | the start of every function's `main`: telemetry, settings, AWS clients |

pub mod api;
mod aws;
pub mod batch;
pub mod consumer;
mod dead_letter_reason;
mod effect;
pub mod failure;
pub mod function;
pub mod idempotency_key;
pub mod idempotent_write;
pub mod item;
pub mod metrics;
pub mod outbox;
pub mod publisher;
pub mod return_address;
mod service;
mod settings;
mod telemetry;
pub mod unknown_outcome;

pub use effect::Effect;
pub use failure::Failure;
pub use function::Function;
pub use message_envelope::{
    CorrelationId, Event, EventError, EventPayload, Fault, Faults, FieldReader, IdempotencyKey,
    IncomingPayload, RawFields, RawValue, SpecVersion, TraceParent, is_token, json,
};
pub use service::Service;
