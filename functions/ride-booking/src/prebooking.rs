//! Rides that are booked ahead. API Gateway writes each request straight into a queue, so accepting one needs no function
//! and a campaign's peak meets nothing that could refuse it; what follows is a row of filters with queues between them,
//! each as fast as it can be.

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
