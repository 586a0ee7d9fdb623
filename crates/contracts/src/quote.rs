//! A herd's offer for a ride that starts now.

use serde::{Deserialize, Serialize};

use crate::{Duration, HerdName, Money};

/// The offer of one herd.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The herd that offers the ride.
    pub responder: HerdName,
    /// The price of the ride, in the deployment's currency.
    pub quote: Money,
    /// Minutes until a unicorn is there.
    pub pickup: Duration,
}
