//! The trace of a ride.

use client::trace::ride::RideTrace;

use super::steps;

/// The ride, and the steps of each service.
pub fn show(trace: &RideTrace) {
    let RideTrace { ride, from, to, distance, fare, accepted, .. } = trace;
    println!("Ride {ride}\n{from} → {to}, {distance} km, fare {fare}, accepted {accepted:.3}");
    steps::show(trace.steps());
    if !trace.is_complete() {
        println!("Not all is done yet. Look at the queues with: rydes status");
    }
}
