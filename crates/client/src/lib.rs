//! A client of a deployed Wild Rydes: it finds a deployment, calls its APIs, and reads what its services did.
//!
//! The command line (`apps/rydes`) and the end-to-end tests (`tests/`) share it. It prints nothing and knows no command-line
//! options.
//!
//! The auditor isn't part of this crate. Its rules are needed nowhere else, and tests run it as people do, as the program `rydes audit`.
//! So it lives in `apps/rydes`, above this crate.

pub mod api;
pub mod contact;
mod credentials;
pub mod dead_letters;
pub mod deployment;
pub mod dispute;
pub mod email;
pub mod error;
pub mod fare;
mod filter;
pub mod journal;
pub mod lake;
pub mod logs;
pub mod otlp;
pub mod prebooking;
pub mod queues;
pub mod rfq;
pub mod ride;
pub mod spans;
pub mod status;
pub mod subscribers;
pub mod tables;
pub mod topology;
pub mod trace;
mod words;

pub use api::{Answer, Api};
pub use deployment::Deployment;
pub use error::Error;
