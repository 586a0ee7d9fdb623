//! Rides booked ahead, as the Customer App books them.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{api::Api, deployment::Deployment, error::Error};

/// A ride to be booked ahead. Its values go to the API as they are: the API judges them.
#[derive(Debug, Clone)]
pub struct Prebooking {
    /// The place where the ride starts.
    pub from: String,
    /// The place where it ends.
    pub to: String,
    /// The time when it starts; this time tomorrow if it is `None`.
    pub when: Option<String>,
    /// The customer who wants to ride.
    pub customer: String,
}

impl Prebooking {
    /// The request's body.
    #[must_use]
    pub fn body(&self) -> String {
        let tomorrow = || format!("{:.0}", Timestamp::now() + SignedDuration::from_hours(24));
        let when = self.when.clone().unwrap_or_else(tomorrow);
        let Self { from, to, customer, .. } = self;
        json!({"from": from, "to": to, "when": when, "customer": customer}).to_string()
    }
}

/// Submits a prebooking and returns its id. Retries with the same key if the API says that this helps.
pub async fn submit(
    deployment: &Deployment,
    booking: &Prebooking,
    idempotency_key: Option<String>,
) -> Result<String, Error> {
    let api = Api::from_deployment(deployment, "ride-booking").await?;
    api.submit("/submit-ride-prebooking", idempotency_key, &booking.body(), "id").await
}

/// A prebooking as its customer may see it; none if there is none with this id, or none yet.
pub async fn query(api: &Api, id: &str) -> Result<Option<Value>, Error> {
    api.find(&format!("/query-ride-prebooking/{id}")).await
}
