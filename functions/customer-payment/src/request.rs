//! The saga's requests.

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
    /// Take the reserved amount.
    Capture,
    /// Compensate an authorization with any outcome: afterwards nothing is reserved, and nothing is taken.
    Void,
    /// Compensate a capture: give the taken amount back.
    Refund,
}

impl Operation {
    /// True for compensations, which are made even if the saga no longer waits for them.
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
    /// The customer who pays.
    pub customer: CustomerId,
    /// The amount.
    pub amount: Money,
    /// The step to make.
    pub operation: Operation,
    /// Return address and correlation identifier in one: it identifies the step of the saga that waits for the answer.
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
