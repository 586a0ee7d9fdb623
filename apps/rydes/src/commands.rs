//! The commands, each in a file that is named as it is typed.

pub mod add_contact;
pub mod audit;
pub mod campaign;
pub mod complete_ride;
pub mod console;
pub mod cost;
pub mod dlq;
pub mod fare;
pub mod load;
pub mod logs;
pub mod plan;
pub mod prebook;
pub mod remove_contact;
pub mod request_quotes;
pub mod settle_email;
pub mod status;
pub mod trace;
