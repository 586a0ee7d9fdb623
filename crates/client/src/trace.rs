//! Traces: what every service did with a ride, its fare, a prebooking or a request for quotes.

pub mod fare;
pub mod prebooking;
pub mod rfq;
pub mod ride;
pub mod step;
