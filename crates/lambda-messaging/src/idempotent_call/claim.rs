//! Claims a call for a delivery, before it is made.

use super::{
    Calls,
    call::Call,
    lease::Lease,
    machine::{self, Answer, Claim},
    record::{Record, Status},
    table::Written,
};
use crate::{Failure, idempotent_write::conflict};

/// The outcome of claiming a call.
pub(super) enum Claimed {
    Ours(Record),
    Done(String),
    Unknown,
}

impl Calls {
    /// Claims the call, if it may be made now.
    pub(super) async fn claim(&self, call: &Call, lease: &Lease) -> Result<Claimed, Failure> {
        let mut found = None;
        loop {
            let now = (self.clock)();
            let next = match machine::claim(found.as_ref(), call, self.api, self.lease, now) {
                Claim::Done(outcome) => return Ok(Claimed::Done(outcome)),
                Claim::Unknown(None) => return Ok(Claimed::Unknown),
                Claim::Call(next) | Claim::Unknown(Some(next)) => next,
                Claim::Wait => {
                    return Err(Failure::transient(
                        "CallInProgress",
                        "another delivery may be making this call",
                    ));
                }
                Claim::Conflict => {
                    return Err(conflict("the call's id was used before with another request"));
                }
            };
            let written = self.table.write(&call.id, &next, found.as_ref()).await;
            match written {
                Ok(Written::Yes) if next.status == Status::Unknown => return Ok(Claimed::Unknown),
                Ok(Written::Yes) if !lease.allows_a_call() => {
                    self.give_up(call, &next).await;
                    return Err(Failure::transient("OutOfTime", "too little time was left to make the call"));
                }
                Ok(Written::Yes) => return Ok(Claimed::Ours(next)),
                Ok(Written::Changed(other)) => found = Some(other),
                Err(failure) => {
                    // The claim may have been written all the same.
                    self.give_up(call, &next).await;
                    return Err(failure);
                }
            }
            if !lease.allows_a_call() {
                return Err(Failure::transient("CallInProgress", "other deliveries are claiming this call"));
            }
        }
    }

    /// Gives up a claim after which nothing was called. If that fails, the claim ends with its lease, and the call is in doubt.
    async fn give_up(&self, call: &Call, claimed: &Record) {
        if matches!(claimed.status, Status::Calling { .. }) {
            let free = machine::answered(claimed, &Answer::NotMade, self.api, self.kept, (self.clock)());
            let _ = self.table.write(&call.id, &free, Some(claimed)).await;
        }
    }
}
