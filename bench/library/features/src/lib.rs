//! The event of the functions that use a feature.

use lambda_messaging::EventPayload;
use serde::{Deserialize, Serialize};

/// An order was placed.
#[derive(Serialize, Deserialize)]
pub struct Placed(pub String);

impl EventPayload for Placed {
    const TYPE: &'static str = "Placed";

    fn id(&self) -> String {
        self.0.clone()
    }

    fn subject(&self) -> String {
        self.0.clone()
    }
}
