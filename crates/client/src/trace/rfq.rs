//! The trace of a request for quotes.

use std::{collections::BTreeSet, time::Duration};

use serde::Serialize;
use tokio::time::Instant;

use super::step::{Delivery, Step};
use crate::{
    api::Api,
    deployment::Deployment,
    error::Error,
    rfq::{Quoted, Rfq, query},
};

const BETWEEN_LOOKS: Duration = Duration::from_millis(150);

/// The trace of a request for quotes.
#[derive(Debug, Serialize)]
pub struct RfqTrace {
    /// The request as it stands.
    #[serde(flatten)]
    pub rfq: Rfq,
    /// The steps of the herds, and of the aggregator.
    pub steps: Vec<Step>,
}

/// Waits until a request is closed, or until the time is up, and tells what is known then; none if there is none with such
/// an id.
pub async fn trace(
    deployment: &Deployment,
    id: &str,
    patience: Duration,
    mut progress: impl FnMut(&RfqTrace),
) -> Result<Option<RfqTrace>, Error> {
    let api = Api::from_deployment(deployment, "ride-booking").await?;
    let deployed = deployment.stacks().filter_map(|(service, _)| service.strip_prefix("herd-"));
    let deployed: Vec<String> = deployed.map(str::to_owned).collect();
    let deadline = Instant::now() + patience;
    loop {
        let Some(rfq) = query(&api, id).await? else { return Ok(None) };
        let trace = RfqTrace { steps: steps(&rfq, &deployed), rfq };
        progress(&trace);
        if trace.rfq.is_closed() || Instant::now() >= deadline {
            return Ok(Some(trace));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

fn steps(rfq: &Rfq, deployed: &[String]) -> Vec<Step> {
    let herds: BTreeSet<&String> = rfq.herds.iter().chain(deployed).collect();
    let mut steps: Vec<Step> = herds.into_iter().map(|herd| of_herd(rfq, herd)).collect();
    let mut gathering = Step::new("collect-quotes".to_owned(), Delivery::Queue);
    if let Some(closed_at) = rfq.closed_at {
        let answered = rfq.quotes.len();
        let by = if rfq.silent().next().is_some() {
            format!("closed by the deadline, {answered} of {} had answered", rfq.herds.len())
        } else {
            "closed by the last answer".to_owned()
        };
        let best =
            rfq.best.as_ref().map_or("no quote".to_owned(), |best| format!("best: {}", best.responder));
        gathering.record(Some((format!("{by}\n{best}"), Some(closed_at))), rfq.submitted_at);
    }
    steps.push(gathering);
    steps
}

fn of_herd(rfq: &Rfq, herd: &str) -> Step {
    let name = format!("herd {herd}");
    if !rfq.herds.iter().any(|asked| asked == herd) {
        return Step::new(name, Delivery::FilteredOut("it is not among the herds asked".to_owned()));
    }
    let mut step = Step::new(name, Delivery::Queue);
    let of_herd = |quotes: &[Quoted]| quotes.iter().find(|quote| quote.responder == herd).cloned();
    let seen = match (of_herd(&rfq.quotes), of_herd(&rfq.late)) {
        (Some(quote), _) => Some((offer(&quote), quote.received_at)),
        (None, Some(late)) => Some((format!("{}, too late", offer(&late)), late.received_at)),
        (None, None) => rfq.is_closed().then(|| ("silent".to_owned(), None)),
    };
    step.record(seen, rfq.submitted_at);
    step
}

fn offer(Quoted { quote, pickup, .. }: &Quoted) -> String {
    format!("{quote}, there in {pickup} min")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rfq(change: &serde_json::Value) -> Rfq {
        let mut rfq = json!({
            "rfq-id": "1", "from": "Berlin", "to": "Bonn", "customer": "cmr", "herds": ["a", "b", "c"], "status": "OPEN",
            "submitted-at": "2026-11-24T09:00:00Z", "reply-by": "2026-11-24T09:00:05Z",
            "quotes": [{"responder": "b", "quote": "12.40", "pickup": 7, "received-at": "2026-11-24T09:00:01Z"}],
        });
        rfq.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(rfq).unwrap()
    }

    fn seen(rfq: &Rfq) -> Vec<(String, Option<String>, Option<i64>)> {
        let steps = steps(rfq, &["b".to_owned(), "d".to_owned()]);
        steps.into_iter().map(|step| (step.service, step.effect, step.latency_ms)).collect()
    }

    #[test]
    fn while_it_is_open_every_herd_that_was_asked_is_waited_for() {
        let steps = steps(&rfq(&json!({})), &["d".to_owned()]);
        let awaited: Vec<_> =
            steps.iter().filter(|step| step.is_awaited()).map(|step| &step.service).collect();
        assert_eq!(awaited, ["herd a", "herd c", "collect-quotes"]);
    }

    #[test]
    fn once_it_is_closed_silence_and_lateness_show() {
        let closed = rfq(&json!({
            "status": "CLOSED", "closed-at": "2026-11-24T09:00:05.1Z",
            "best": {"responder": "b", "quote": "12.40", "pickup": 7},
            "late": [{"responder": "c", "quote": "1.00", "pickup": 1, "received-at": "2026-11-24T09:00:06Z"}],
        }));
        let of = |service: &str, effect: &str, ms| (service.to_owned(), Some(effect.to_owned()), ms);
        assert_eq!(
            seen(&closed),
            [
                of("herd a", "silent", None),
                of("herd b", "12.40, there in 7 min", Some(1000)),
                of("herd c", "1.00, there in 1 min, too late", Some(6000)),
                ("herd d".to_owned(), None, None),
                of("collect-quotes", "closed by the deadline, 1 of 3 had answered\nbest: b", Some(5100)),
            ]
        );
    }
}
