//! Load: requests of every kind arrive at a rate, and the time until each is accepted is measured.
//!
//! The model is open: a request is sent when it is due, whether or not earlier ones were answered, and its latency counts from its due
//! time. So the latencies show when a deployment stalls, because no request waits unmeasured for an earlier one.

mod arrivals;
pub mod campaign;
pub mod many_rfqs;
pub mod mix;
pub mod options;
mod responses;
mod submission;
pub mod tally;
pub mod timeline;

use std::{
    collections::{BTreeMap, VecDeque},
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use client::{
    Api, Deployment, Error,
    journal::{Accepted, Journal},
};
use tokio::{task::JoinSet, time::Instant};

use self::{
    arrivals::{Arrival, locked, milliseconds, send_when_due, since},
    mix::UseCase,
    options::LoadPlan,
    submission::{new_key, submit_with_key},
    tally::{Load, Progress, Sending, Tally},
};

const BETWEEN_LOOKS: Duration = Duration::from_millis(250);
/// The number of looks over which the shown rate is measured.
const LOOKS: usize = 8;

/// Sends requests as they become due, until all are answered, or until `stop`: then it sends no more, and gives up those under way.
/// An accepted request is noted in the journal, if there is one, before it is counted.
pub async fn run(
    deployment: &Deployment,
    plan: &LoadPlan,
    journal: Option<Journal>,
    stop: impl Future<Output = ()>,
    progress: impl FnMut(&Progress),
) -> Result<Load, Error> {
    let journal = Arc::new(journal);
    let mut apis = BTreeMap::new();
    for use_case in plan.mix.use_cases() {
        let service = use_case.service();
        if !apis.contains_key(service) {
            apis.insert(service, Arc::new(Api::from_deployment(deployment, service).await?));
        }
    }
    let request = move |use_case: UseCase, n| {
        let (api, journal) = (apis.get(use_case.service()).map(Arc::clone), Arc::clone(&journal));
        async move {
            let Some(api) = api else { return Err("not in the mix".to_owned()) };
            let (key, body) = (new_key(), use_case.body(n));
            let id = submit_with_key(&api, use_case.path(), &key, &body, use_case.id()).await?;
            let Some(journal) = journal.as_ref() else { return Ok(()) };
            let noted = journal.note(&Accepted::now(use_case.kind(), &id, Some(&key), &body));
            noted.map_err(|_| "accepted, and not noted in the journal".to_owned())
        }
    };
    watch(plan, stop, progress, request).await
}

/// Sends any kind of request, and reports the progress.
async fn watch<F>(
    plan: &LoadPlan,
    stop: impl Future<Output = ()>,
    mut progress: impl FnMut(&Progress),
    request: impl Fn(UseCase, u64) -> F + Send + Sync + 'static,
) -> Result<Load, Error>
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let tally = Arc::new(Mutex::new(Tally::new()?));
    let start = Instant::now();
    let mut sender = JoinSet::new();
    sender.spawn(send(plan.clone(), start, Arc::clone(&tally), request));
    let (mut stop, mut stopped) = (pin!(stop), false);
    let mut looks = VecDeque::from([(0, 0)]);
    loop {
        tokio::select! {
            () = &mut stop => {
                stopped = true;
                break;
            }
            _ = sender.join_next() => break,
            () = tokio::time::sleep(BETWEEN_LOOKS) => {
                let mut seen = locked(&tally).progress();
                looks.push_back((since(start), seen.sent));
                if let (Some((then, had)), Some((now, has))) = (looks.front(), looks.back()) {
                    seen.per_second = ((has - had) * 1000).checked_div(now - then).unwrap_or_default();
                }
                if looks.len() > LOOKS {
                    looks.pop_front();
                }
                progress(&seen);
            }
        }
    }
    sender.shutdown().await;
    let tally = locked(&tally);
    Ok(tally.summary(plan, stopped))
}

async fn send<F>(
    plan: LoadPlan,
    start: Instant,
    tally: Arc<Mutex<Tally>>,
    request: impl Fn(UseCase, u64) -> F,
) where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let due = (0..plan.requests).map(|n| Some(plan.schedule.due(n)));
    let each = |arrival: Arrival| {
        let Arrival { n, due, slot_since, waited } = arrival;
        let use_case = plan.mix.of(n);
        let due_ms = milliseconds(due.saturating_duration_since(start));
        let (tally, answer) = (Arc::clone(&tally), request(use_case, n));
        async move {
            let late_ms = since(due.max(slot_since));
            locked(&tally).record_sending(use_case, Sending { due_ms, late_ms, at_ms: since(start), waited });
            let answer = answer.await;
            locked(&tally).record_answer(use_case, due_ms, since(due), &answer);
        }
    };
    send_when_due(due, start, plan.connections, each).await;
}

#[cfg(test)]
mod tests;
