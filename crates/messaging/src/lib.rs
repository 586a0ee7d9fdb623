//! The integration patterns that the services share, small enough to read in one sitting:
//!
//! | module | pattern |
//! |---|---|
//! | [`event`] | canonical message: a CloudEvents envelope with correlation id and trace context |
//! | [`publisher`] | publish-subscribe channel: batches onto an SNS topic |
//! | [`consumer`] | competing consumers on a buffer queue: partial batch responses, backoff, dead-letter channel |
//! | [`once`] | idempotent receiver: the effect and the record that guards it in one write |
//! | [`api`] | request-reply at the edge: checks, problem documents |
//! | [`function`] | what every function's `main` does first: telemetry, settings, AWS clients |

pub mod api;
pub mod consumer;
pub mod event;
pub mod failure;
pub mod function;
pub mod once;
pub mod publisher;
mod settings;
mod telemetry;

pub use event::{Event, TraceParent};
pub use failure::Failure;
pub use function::Function;
