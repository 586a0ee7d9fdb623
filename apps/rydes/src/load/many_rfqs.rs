//! Many requests for quotes arrive at a rate, and the time until each is closed is measured.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Args;
use client::{
    Api, Deployment, Error,
    rfq::{GRACE, Rfq, RfqRequest, query},
};
use jiff::Timestamp;
use serde::Serialize;
use tokio::{task::JoinSet, time::Instant};

use super::{
    arrivals::locked,
    responses::{Accepted, Responses, percentile, send_at_rate},
    submission::submit,
};

/// The number of requests that are looked at together.
const AT_ONCE: usize = 20;

/// The number of requests, and their rate.
#[derive(Debug, Clone, Args)]
pub struct ManyRfqsPlan {
    /// Number of times to send it, each as a request of its own
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub times: u32,
    /// Requests a second, whether or not earlier ones are answered; 0 sends them as fast as they are answered
    #[arg(long, default_value_t = 0)]
    pub rate: u32,
}

/// The result of many requests.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ManyRfqs {
    /// The number of requests to send.
    pub requests: u32,
    /// The number of accepted requests.
    pub accepted: usize,
    /// The refused ones, counted by kind of answer.
    pub refused: BTreeMap<String, usize>,
    /// The number of requests that were closed because all herds had answered.
    pub closed_by_the_last_answer: usize,
    /// The number of requests that the deadline closed.
    pub closed_by_the_deadline: usize,
    /// The number of requests that were still open long after their deadline.
    pub open: usize,
    /// Quotes that came in time.
    pub quotes: usize,
    /// Quotes that came too late.
    pub late: usize,
    /// The median of the time to the answer.
    pub accept_p50_ms: u64,
    /// The 99th percentile of the time to the answer.
    pub accept_p99_ms: u64,
    /// The median of the time from the request's arrival until it was closed, by the clocks of both ends.
    pub closed_p50_ms: u64,
    /// The 99th percentile of that time.
    pub closed_p99_ms: u64,
}

impl ManyRfqs {
    /// True if every request was accepted and closed.
    pub fn is_complete(&self) -> bool {
        self.open == 0 && self.refused.is_empty() && u32::try_from(self.accepted) == Ok(self.requests)
    }
}

/// Sends the requests, and queries each after its deadline. Earlier queries would slow down what is measured.
pub async fn run(
    deployment: &Deployment,
    request: &RfqRequest,
    plan: &ManyRfqsPlan,
    mut progress: impl FnMut(u64),
) -> Result<ManyRfqs, Error> {
    let api = Arc::new(Api::from_deployment(deployment, "ride-booking").await?);
    let (start, started_at) = (Instant::now(), Timestamp::now());
    let responses = Arc::new(Mutex::new(Responses::default()));
    let mut sender = JoinSet::new();
    sender.spawn(send(Arc::clone(&api), request.body(), plan.clone(), start, Arc::clone(&responses)));
    while !sender.is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        while sender.try_join_next().is_some() {}
        progress(locked(&responses).accepted.len() as u64);
    }
    let responses = std::mem::take(&mut *locked(&responses));
    let rfqs = closed(&api, &responses.accepted).await?;
    Ok(summary(plan, responses, started_at, &rfqs))
}

async fn send(
    api: Arc<Api>,
    body: String,
    plan: ManyRfqsPlan,
    start: Instant,
    responses: Arc<Mutex<Responses>>,
) {
    let request = |_| {
        let (api, body) = (Arc::clone(&api), body.clone());
        async move { submit(&api, "/submit-instant-ride-rfq", &body, "rfq-id").await }
    };
    send_at_rate(plan.times, plan.rate, start, responses, request).await;
}

/// The requests, each with its time of arrival. It waits until each is closed, or until long after its deadline.
async fn closed(api: &Arc<Api>, accepted: &[Accepted]) -> Result<Vec<(u64, Rfq)>, Error> {
    let mut rfqs = Vec::with_capacity(accepted.len());
    for some in accepted.chunks(AT_ONCE) {
        let looks = some.iter().map(|accepted| once_closed(Arc::clone(api), accepted.clone()));
        for rfq in looks.collect::<JoinSet<_>>().join_all().await {
            rfqs.push(rfq?);
        }
    }
    Ok(rfqs)
}

async fn once_closed(api: Arc<Api>, Accepted { id, due_ms }: Accepted) -> Result<(u64, Rfq), Error> {
    loop {
        let rfq = query(&api, &id).await?;
        let rfq = rfq.ok_or_else(|| Error::Unexpected(format!("{id} was not stored")))?;
        let overdue = Timestamp::now().as_millisecond() - rfq.reply_by.as_millisecond();
        if rfq.is_closed() || u128::try_from(overdue).is_ok_and(|ms| ms > GRACE.as_millis()) {
            return Ok((due_ms, rfq));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn summary(
    plan: &ManyRfqsPlan,
    mut responses: Responses,
    started_at: Timestamp,
    arrived: &[(u64, Rfq)],
) -> ManyRfqs {
    responses.latencies_ms.sort_unstable();
    let took = |(due_ms, rfq): &(u64, Rfq)| {
        let since_start = rfq.closed_at?.as_millisecond() - started_at.as_millisecond();
        Some(u64::try_from(since_start).unwrap_or_default().saturating_sub(*due_ms))
    };
    let mut closed_ms: Vec<u64> = arrived.iter().filter_map(took).collect();
    closed_ms.sort_unstable();
    let rfqs = || arrived.iter().map(|(_, rfq)| rfq);
    let count = |which: fn(&Rfq) -> bool| rfqs().filter(|rfq| which(rfq)).count();
    ManyRfqs {
        requests: plan.times,
        accepted: responses.accepted.len(),
        closed_by_the_last_answer: count(|rfq| rfq.is_closed() && rfq.silent().next().is_none()),
        closed_by_the_deadline: count(|rfq| rfq.is_closed() && rfq.silent().next().is_some()),
        open: count(|rfq| !rfq.is_closed()),
        quotes: rfqs().map(|rfq| rfq.quotes.len()).sum(),
        late: rfqs().map(|rfq| rfq.late.len()).sum(),
        accept_p50_ms: percentile(&responses.latencies_ms, 50),
        accept_p99_ms: percentile(&responses.latencies_ms, 99),
        closed_p50_ms: percentile(&closed_ms, 50),
        closed_p99_ms: percentile(&closed_ms, 99),
        refused: responses.refused,
    }
}
