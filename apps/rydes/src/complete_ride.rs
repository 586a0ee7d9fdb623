//! `rydes complete-ride`

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::{Answer, Api, Deployment, Error};

/// A ride completion as typed. Values go to the API as they are: it is the API that judges them.
#[derive(Debug, Clone, Args)]
pub struct CompleteRide {
    /// Where the ride started
    #[arg(long, default_value = "Berlin")]
    pub from: String,
    /// Where it ended
    #[arg(long, default_value = "Frankfurt")]
    pub to: String,
    /// How long it took, in minutes
    #[arg(long, default_value = "420", allow_hyphen_values = true)]
    pub duration: String,
    /// How far it went, in kilometres
    #[arg(long, default_value = "600", allow_hyphen_values = true)]
    pub distance: String,
    /// Who rode
    #[arg(long, default_value = "cmr")]
    pub customer: String,
    /// What it costs, in the deployment's currency
    #[arg(long, default_value = "256.50", allow_hyphen_values = true)]
    pub fare: String,
    /// Makes sending the same ride again harmless; made up if not given
    #[arg(long)]
    pub idempotency_key: Option<String>,
}

const ATTEMPTS: u32 = 4;

/// Submits the ride and gives its id. Tries again, with the same key, where the API says that this helps.
pub async fn complete_ride(deployment: &Deployment, ride: &CompleteRide) -> Result<String, Error> {
    let api = Api::of(deployment, "unicorn-management").await?;
    let CompleteRide { from, to, duration, distance, customer, fare, .. } = ride;
    let body = json!({"from": from, "to": to, "duration": duration, "distance": distance,
                      "customer": customer, "fare": fare});
    send_until_taken(&api, "/submit-ride-completion", ride.idempotency_key.clone(), &body.to_string(), "id")
        .await
}

/// Sends a request until it is accepted, and gives the id that it got, which the answer has under this name. Where the API says that another try helps, it tries
/// again with the same key, which it makes up if it was given none.
pub(crate) async fn send_until_taken(
    api: &Api,
    path: &str,
    key: Option<String>,
    body: &str,
    id: &str,
) -> Result<String, Error> {
    let key = key.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let mut attempt = 1;
    loop {
        match api.post(path, &[("idempotency-key", &key)], body).await? {
            Answer { status: 201 | 202, body, .. } => {
                let id = body.get(id).and_then(Value::as_str).map(str::to_owned);
                return id.ok_or_else(|| Error::Unexpected(body.to_string()));
            }
            Answer { status: 429 | 503, retry_after, .. } if attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_secs(retry_after.unwrap_or(1).min(30))).await;
                attempt += 1;
            }
            Answer { status, body, .. } => {
                return Err(Error::Refused { status, problem: body });
            }
        }
    }
}
