//! A deployed Wild Rydes, seen from outside. Run by `make test-e2e`.

mod access;
mod bad_input;
mod dead_letters;
mod email_feedback;
mod fare_collection;
mod fare_outcomes;
mod faults;
mod filter;
mod observability;
mod operations;
mod prebooking;
mod publish_subscribe;
mod reconciliation;
mod rfq;
mod rydes_cli;
mod saga_invariant;
mod stripe;
mod subscribers;
mod withheld;
