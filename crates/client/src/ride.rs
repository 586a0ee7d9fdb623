//! Completed rides, as the Unicorn Management App submits them.

use serde_json::json;

use crate::{api::Api, deployment::Deployment, error::Error};

/// A completed ride. Its values go to the API as they are: the API judges them.
#[derive(Debug, Clone)]
pub struct CompletedRide {
    /// The place where it started.
    pub from: String,
    /// The place where it ended.
    pub to: String,
    /// Minutes.
    pub duration: String,
    /// Kilometres.
    pub distance: String,
    /// The customer who rode.
    pub customer: String,
    /// The amount, in the deployment's currency.
    pub fare: String,
}

/// Submits a ride and returns its id. Retries with the same key if the API says that this helps.
pub async fn complete(
    deployment: &Deployment,
    ride: &CompletedRide,
    idempotency_key: Option<String>,
) -> Result<String, Error> {
    let CompletedRide { from, to, duration, distance, customer, fare } = ride;
    let body = json!({"from": from, "to": to, "duration": duration, "distance": distance,
                      "customer": customer, "fare": fare});
    let api = Api::from_deployment(deployment, "unicorn-management").await?;
    api.submit("/submit-ride-completion", idempotency_key, &body.to_string(), "id").await
}
