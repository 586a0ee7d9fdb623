//! The trace of a prebooking.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::step::{Delivery, Step};
use crate::{
    api::Api,
    deployment::Deployment,
    error::Error,
    lake::Lake,
    prebooking::query,
    tables::{Item, Tables, time},
};

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// The trace of a prebooking.
#[derive(Debug, Serialize)]
pub struct PrebookingTrace {
    /// The id that was asked for, if it is that of a repeated request: it leads to the booking of the first.
    pub repetition: Option<String>,
    /// The booking's own id.
    pub prebooking: String,
    /// The status: `SUBMITTED`, `CONFIRMED` or `REJECTED`; `None` while it is in the first queue.
    pub status: Option<String>,
    /// The place where it starts, if that was valid.
    pub from: Option<String>,
    /// The place where it ends.
    pub to: Option<String>,
    /// The time when it starts.
    pub when: Option<String>,
    /// Every reason why it is rejected.
    pub reasons: Vec<String>,
    /// The steps of each part.
    pub steps: Vec<Step>,
}

impl PrebookingTrace {
    /// True if everything that should happen has.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.steps.iter().all(|step| !step.is_awaited())
    }
}

/// Waits until a prebooking is decided and filed, or until the time is up, and tells what is known then; none if nothing
/// ever came of such an id.
pub async fn trace(
    deployment: &Deployment,
    id: &str,
    patience: Duration,
    mut progress: impl FnMut(&PrebookingTrace),
) -> Result<Option<PrebookingTrace>, Error> {
    let api = Api::from_deployment(deployment, "ride-booking").await?;
    let (tables, lake) = (Tables::from_deployment(deployment), Lake::from_deployment(deployment)?);
    let deadline = Instant::now() + patience;
    loop {
        let trace = match query(&api, id).await? {
            Some(booking) => Some(look(&tables, &lake, id, &booking).await?),
            None => None,
        };
        trace.iter().for_each(&mut progress);
        // An id that is not stored after a few seconds is no prebooking.
        let nothing = trace.is_none() && Instant::now() + patience > deadline + Duration::from_secs(5);
        if nothing || trace.as_ref().is_some_and(PrebookingTrace::is_complete) || Instant::now() >= deadline {
            return Ok(trace);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn look(
    tables: &Tables<'_>,
    lake: &Lake,
    asked: &str,
    booking: &Value,
) -> Result<PrebookingTrace, Error> {
    let field = |name: &str| booking.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = field("id").unwrap_or_default();
    let item = tables.item("ride-booking", "PrebookingsTableName", &[("id", &id)]).await?.unwrap_or_default();
    let submitted = time(&item, "submittedAt").unwrap_or_else(Timestamp::now);
    let reasons: Vec<String> =
        booking.get("reasons").and_then(Value::as_array).into_iter().flatten().map(reason).collect();
    Ok(PrebookingTrace {
        repetition: (!asked.eq_ignore_ascii_case(&id)).then(|| asked.to_owned()),
        status: field("status"),
        from: field("from"),
        to: field("to"),
        when: field("when"),
        steps: steps(lake, &id, &item, submitted, &field("status").unwrap_or_default(), &reasons).await?,
        reasons,
        prebooking: id,
    })
}

async fn steps(
    lake: &Lake,
    id: &str,
    item: &Item,
    submitted: Timestamp,
    status: &str,
    reasons: &[String],
) -> Result<Vec<Step>, Error> {
    // The API was asked before the table: what was decided in between is for the next look, which sees both.
    let decided = time(item, "decidedAt").filter(|_| status != "SUBMITTED");
    let at_once = status == "REJECTED" && decided.is_none();
    let verdict = |word: &str| {
        if reasons.is_empty() { word.to_owned() } else { format!("{word}:\n{}", reasons.join("\n")) }
    };
    let mut submission = Step::new("submit-ride-prebooking", Delivery::Queue);
    let stored = if at_once { verdict("rejected") } else { "stored".to_owned() };
    submission.record(Some((stored, time(item, "recordedAt"))), submitted);

    let mut filing = Step::new("datalake-ingestion", Delivery::Queue);
    let event = if at_once { "PrebookingRejected" } else { "PrebookingSubmitted" };
    filing.record(lake.filed(event, id, submitted).await?, submitted);

    let mut processing = Step::new("process-ride-prebooking", Delivery::Queue);
    if at_once {
        let why = "type PrebookingRejected is not PrebookingSubmitted".to_owned();
        processing.delivery = Delivery::FilteredOut(why);
    } else if decided.is_some() {
        processing.record(Some((verdict(&status.to_lowercase()), decided)), submitted);
    }
    Ok(vec![submission, filing, processing])
}

fn reason(reason: &Value) -> String {
    let part = |name| reason.get(name).and_then(Value::as_str).unwrap_or_default();
    match part("field") {
        "" => part("detail").to_owned(),
        field => format!("{field}: {}", part("detail")),
    }
}
