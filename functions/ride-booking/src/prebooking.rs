//! Prebookings. API Gateway writes each request straight into a queue, so accepting a request needs no function, and nothing refuses a
//! campaign's peak. Filters with queues between them follow, each at its own speed.

mod bookings;
mod process;
mod query;
mod request;
mod submission;
mod submit;

pub use bookings::Prebookings;
pub use process::ProcessRidePrebooking;
pub use query::QueryRidePrebooking;
pub use request::RidePrebooking;
pub use submit::SubmitRidePrebooking;
