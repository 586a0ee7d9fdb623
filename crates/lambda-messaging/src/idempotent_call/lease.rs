//! The time for which a call belongs to one delivery.

use jiff::SignedDuration;
use tokio::time::Instant;

/// The times of a lease, by the function's own clock.
pub(super) struct Lease {
    pub call_ends: Instant,
    pub ends: Instant,
}

impl Lease {
    /// It begins before the claim is written, so it never ends later than the record says.
    pub(super) fn begin(lease: SignedDuration) -> Self {
        let lease = lease.unsigned_abs();
        let now = Instant::now();
        Self { call_ends: now + lease / 5 * 4, ends: now + lease }
    }

    pub(super) fn allows_a_call(&self) -> bool {
        Instant::now() < self.call_ends
    }
}
