//! The trace of a prebooking.

use client::trace::prebooking::PrebookingTrace;

use super::steps;

/// The prebooking, and the steps of each part.
pub fn show(trace: &PrebookingTrace) {
    let PrebookingTrace { repetition, prebooking, status, from, to, when, .. } = trace;
    if let Some(repetition) = repetition {
        println!("{repetition} repeats an earlier request, and means the prebooking of that one:");
    }
    println!("Prebooking {prebooking}: {}", status.as_deref().unwrap_or("not stored yet").to_lowercase());
    if let (Some(from), Some(to), Some(when)) = (from, to, when) {
        println!("{from} → {to}, {when}");
    }
    steps::show(&trace.steps);
    if !trace.is_complete() {
        println!("Not all is done yet. Look at the queues with: rydes status");
    }
}
