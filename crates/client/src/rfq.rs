//! Requests for quotes for a ride right now, as the Customer App sends them.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use crate::{api::Api, deployment::Deployment, error::Error};

/// A request for quotes. Its values go to the API as they are: the API judges them.
#[derive(Debug, Clone)]
pub struct RfqRequest {
    /// The place where the ride starts.
    pub from: String,
    /// The place where it ends.
    pub to: String,
    /// The customer who wants to ride.
    pub customer: String,
    /// The herds to ask; every herd if none is named.
    pub herds: Option<Vec<String>>,
    /// The seconds to wait for quotes; the deployment's default if it is `None`.
    pub reply_within: Option<String>,
}

/// A request for quotes as its customer may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rfq {
    /// Its id.
    pub rfq_id: String,
    /// The place where the ride starts.
    pub from: String,
    /// The place where it ends.
    pub to: String,
    /// The customer who wants to ride.
    pub customer: String,
    /// The herds that were asked.
    pub herds: Vec<String>,
    /// `OPEN` or `CLOSED`.
    pub status: String,
    /// The time when it was accepted.
    pub submitted_at: Timestamp,
    /// The deadline for quotes.
    pub reply_by: Timestamp,
    /// The time when it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The quotes, in their order of arrival.
    pub quotes: Vec<Quoted>,
    /// The best quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<Quoted>,
    /// The quotes that came after it was closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<Quoted>,
}

/// A herd's quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Quoted {
    /// The herd.
    pub responder: String,
    /// The price, in the deployment's currency.
    pub quote: String,
    /// Minutes until a unicorn is there.
    pub pickup: u32,
    /// The time when the quote came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
}

impl Rfq {
    /// True once the request is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed_at.is_some()
    }

    /// The herds that were asked and have not answered in time.
    pub fn silent(&self) -> impl Iterator<Item = &str> {
        let answered = |herd: &&String| self.quotes.iter().any(|quote| quote.responder == **herd);
        self.herds.iter().filter(move |herd| !answered(herd)).map(String::as_str)
    }

    /// The milliseconds from the request's acceptance to this time.
    #[must_use]
    pub fn after_ms(&self, at: Timestamp) -> i64 {
        at.as_millisecond() - self.submitted_at.as_millisecond()
    }
}

impl RfqRequest {
    /// The request's body.
    #[must_use]
    pub fn body(&self) -> String {
        let Self { from, to, customer, herds, reply_within, .. } = self;
        let mut body = json!({"from": from, "to": to, "customer": customer});
        if let Some(herds) = herds {
            body["herds"] = json!(herds);
        }
        if let Some(seconds) = reply_within {
            body["reply-within"] = json!(seconds);
        }
        body.to_string()
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_millis(150);
/// The time after its deadline for which a request may still be open: the deadline is a message, and may wait in its queue.
pub const GRACE: Duration = Duration::from_mins(1);

/// Submits the request, shows it each time that it has changed, and returns it once it is closed. Retries with the same key if the API
/// says that this helps.
pub async fn request(
    deployment: &Deployment,
    request: &RfqRequest,
    idempotency_key: Option<String>,
    mut progress: impl FnMut(&Rfq),
) -> Result<Rfq, Error> {
    let api = Api::from_deployment(deployment, "ride-booking").await?;
    let id = api.submit("/submit-instant-ride-rfq", idempotency_key, &request.body(), "rfq-id").await?;
    let started = Instant::now();
    let mut before = None;
    loop {
        let rfq = query(&api, &id).await?.ok_or_else(|| Error::Unexpected(format!("{id} was not stored")))?;
        if before.as_ref() != Some(&rfq) {
            progress(&rfq);
        }
        let time = Duration::from_millis(rfq.after_ms(rfq.reply_by).try_into().unwrap_or_default());
        if rfq.is_closed() || started.elapsed() > time + GRACE {
            return Ok(rfq);
        }
        before = Some(rfq);
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// The request with this id, if there is one.
pub async fn query(api: &Api, id: &str) -> Result<Option<Rfq>, Error> {
    let found = api.find(&format!("/query-instant-ride-rfq/{id}")).await?;
    found.map(serde_json::from_value).transpose().map_err(|error| Error::Unexpected(error.to_string()))
}
