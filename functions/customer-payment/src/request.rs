//! What the saga asks for.

use std::fmt;

use contracts::{CustomerId, Money, RideId};
use lambda_messaging::EventPayload;
use serde::{Deserialize, Serialize};

/// A step of a fare's payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Reserve the amount.
    Authorize,
    /// Take what was reserved.
    Capture,
    /// Compensates an authorization, whatever has become of it: afterwards nothing is reserved and nothing taken.
    Void,
    /// Compensates a capture: gives back what was taken.
    Refund,
}

impl Operation {
    /// Compensations are made even if nobody waits for them any more.
    #[must_use]
    pub fn is_compensation(self) -> bool {
        match self {
            Self::Authorize | Self::Capture => false,
            Self::Void | Self::Refund => true,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        })
    }
}

/// A request for one step of a payment: a command message, in the same envelope as events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRequested {
    /// The fare that is paid.
    pub fare: RideId,
    /// Who pays.
    pub customer: CustomerId,
    /// How much.
    pub amount: Money,
    /// What to do.
    pub operation: Operation,
    /// Return address and correlation identifier in one: the saga's step that waits for the answer.
    #[serde(rename = "taskToken")]
    pub task_token: String,
}

impl EventPayload for PaymentRequested {
    const TYPE: &'static str = "PaymentRequested";

    fn id(&self) -> String {
        format!("{}-{}", self.fare, self.operation)
    }

    fn subject(&self) -> String {
        format!("fare/{}", self.fare)
    }
}
