//! Ride Booking takes prebookings, through queues that absorb whole campaigns, and requests for quotes (RFQs) for instant rides, which
//! go to every herd.

#[cfg(test)]
mod bad_input;
mod prebooking;
mod rfq;

use contracts::METRICS_NAMESPACE;
use lambda_messaging::Service;

pub use prebooking::{
    Prebookings, ProcessRidePrebooking, QueryRidePrebooking, RidePrebooking, SubmitRidePrebooking,
};
pub use rfq::{
    CollectQuotes, Herds, InstantRideRfq, LastKnownHerds, PublishInstantRideRfqs, QueryInstantRideRfq,
    ReplyWithin, ReplyWithinError, Rfqs, SubmitInstantRideRfq, Subscribers,
};

/// This service in logs, metrics and dead letters.
pub const SERVICE: Service = Service::new(METRICS_NAMESPACE, "ride-booking");

const SOURCE: &str = "/wild-rydes/ride-booking";
