//! `rydes campaign`: many prebookings at once, and what becomes of the queues.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use crate::{Answer, Api, Deployment, Error, Prebook, status::depth, tables::value};

/// How many prebookings, and how fast.
#[derive(Debug, Clone, Args)]
pub struct CampaignPlan {
    /// How many prebookings
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub bookings: u32,
    /// How many a second arrive, whether or not those before are answered; 0 is as fast as they are answered
    #[arg(long, default_value_t = 0)]
    pub rate: u32,
    /// How many seconds to wait after the last one for all to be decided
    #[arg(long, default_value_t = 300)]
    pub timeout: u64,
}

/// How a campaign went.
#[derive(Debug, Serialize)]
pub struct Campaign {
    /// How many were sent.
    pub bookings: u32,
    /// How many were accepted.
    pub accepted: usize,
    /// What the others met, by kind.
    pub refused: BTreeMap<String, usize>,
    /// How many are confirmed.
    pub confirmed: usize,
    /// How many are rejected.
    pub rejected: usize,
    /// How many were neither when the time was up.
    pub undecided: usize,
    /// Accepted requests a second.
    pub accept_rate_per_second: u64,
    /// The median of the time to the answer.
    pub accept_p50_ms: u64,
    /// What 99 of 100 answers took at most.
    pub accept_p99_ms: u64,
    /// The most messages that waited in all queues together.
    pub deepest_backlog: u64,
    /// How long after the last acceptance the queues were empty.
    pub drain_ms: u64,
    /// Decisions a second, over the whole campaign.
    pub decided_per_second: u64,
    /// The queues over time.
    pub samples: Vec<Sample>,
}

/// The queues at one moment.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Sample {
    /// Since the first request.
    pub at_ms: u64,
    /// Accepted so far.
    pub accepted: u64,
    /// Messages in the submission queue, waiting or in flight.
    pub submission: u64,
    /// Messages in the processing queue.
    pub processing: u64,
    /// Messages in the data lake's queue.
    pub notification: u64,
}

impl Sample {
    /// Messages in all queues.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.submission + self.processing + self.notification
    }

    /// What has left the queues that lead to a decision.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.accepted.saturating_sub(self.submission + self.processing)
    }
}

impl Campaign {
    /// True if everything was accepted, and everything accepted was decided.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.undecided == 0 && self.refused.is_empty()
    }
}

/// Requests that are under way at the same time, at the most.
const IN_FLIGHT: usize = 200;
const BETWEEN_SAMPLES: Duration = Duration::from_millis(250);
const QUEUES: [(&str, &str); 3] = [
    ("ride-booking", "PrebookingSubmission"),
    ("ride-booking", "PrebookingProcessing"),
    ("datalake-ingestion", "PrebookingNotification"),
];

/// What the requests came to so far.
#[derive(Debug, Default)]
struct Sent {
    ids: Vec<String>,
    refused: BTreeMap<String, usize>,
    latencies_ms: Vec<u64>,
    last_ms: u64,
}

/// Sends the prebookings, watches the queues until they are empty, and sees whether every one is decided.
pub async fn campaign(
    deployment: &Deployment,
    plan: &CampaignPlan,
    mut progress: impl FnMut(&Sample),
) -> Result<Campaign, Error> {
    let api = Arc::new(Api::of(deployment, "ride-booking").await?);
    let sqs = aws_sdk_sqs::Client::new(deployment.aws());
    let start = Instant::now();
    let sent = Arc::new(Mutex::new(Sent::default()));
    let sender = tokio::spawn(send(api, plan.clone(), start, Arc::clone(&sent)));
    let (mut samples, mut deadline): (Vec<Sample>, _) = (Vec::new(), None);
    loop {
        // Looked at before the queues: what ends in between is seen in the next round.
        let over = sender.is_finished();
        let mut depths = [0; 3];
        for (depth_of, (service, queue)) in depths.iter_mut().zip(QUEUES) {
            let found = depth(&sqs, queue, deployment.output(service, &format!("{queue}QueueUrl"))?).await?;
            *depth_of = found.waiting + found.in_flight;
        }
        let [submission, processing, notification] = depths;
        let accepted = u64::try_from(locked(&sent).ids.len()).unwrap_or(u64::MAX);
        let sample = Sample { at_ms: since(start), accepted, submission, processing, notification };
        progress(&sample);
        let empty = sample.backlog() == 0 && samples.last().is_some_and(|before| before.backlog() == 0);
        samples.push(sample);
        let limit = *deadline.get_or_insert_with(|| Instant::now() + Duration::from_secs(plan.timeout));
        if over && (empty || Instant::now() >= limit) {
            break;
        }
        if !over {
            deadline = None;
        }
        tokio::time::sleep(BETWEEN_SAMPLES).await;
    }
    let sent = std::mem::take(&mut *locked(&sent));
    let (confirmed, rejected) = decisions(deployment, &sent.ids).await?;
    Ok(summary(plan, sent, samples, confirmed, rejected))
}

/// Lets the requests arrive when they should, each on its own.
async fn send(api: Arc<Api>, plan: CampaignPlan, start: Instant, sent: Arc<Mutex<Sent>>) {
    let free = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut requests = JoinSet::new();
    for n in 0..plan.bookings {
        tokio::time::sleep_until(start + arrival(n, plan.rate)).await;
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        let (api, sent) = (Arc::clone(&api), Arc::clone(&sent));
        requests.spawn(async move {
            let sent_at = Instant::now();
            let outcome = request(&api, n).await;
            drop(place);
            let mut sent = locked(&sent);
            match outcome {
                Ok(id) => {
                    sent.ids.push(id);
                    sent.latencies_ms.push(since(sent_at));
                    sent.last_ms = since(start);
                }
                Err(kind) => *sent.refused.entry(kind).or_default() += 1,
            }
        });
        while requests.try_join_next().is_some() {}
    }
    while requests.join_next().await.is_some() {}
}

/// When the nth request is due.
fn arrival(n: u32, rate: u32) -> Duration {
    Duration::from_micros((u64::from(n) * 1_000_000).checked_div(u64::from(rate)).unwrap_or_default())
}

/// One prebooking, tried once: a campaign wants to see what is refused.
async fn request(api: &Api, n: u32) -> Result<String, String> {
    let booking = Prebook {
        from: "Berlin".to_owned(),
        to: "Bonn".to_owned(),
        when: None,
        customer: format!("c-{n}"),
        idempotency_key: None,
    };
    let key = uuid::Uuid::now_v7().to_string();
    let answer = api.post("/submit-ride-prebooking", &[("idempotency-key", &key)], &booking.body()).await;
    match answer {
        Ok(Answer { status: 202, body, .. }) => {
            let id = body.get("id").and_then(Value::as_str).map(str::to_owned);
            id.ok_or_else(|| "an answer without an id".to_owned())
        }
        Ok(Answer { status, .. }) => Err(format!("status {status}")),
        Err(_) => Err("no answer".to_owned()),
    }
}

/// How many of these bookings are confirmed, and how many rejected.
async fn decisions(deployment: &Deployment, ids: &[String]) -> Result<(usize, usize), Error> {
    let client = aws_sdk_dynamodb::Client::new(deployment.aws());
    let table = deployment.output("ride-booking", "PrebookingsTableName")?;
    let (mut confirmed, mut rejected) = (0, 0);
    for some in ids.chunks(100) {
        let key = |id: &String| [("id".to_owned(), AttributeValue::S(id.clone()))].into();
        let mut keys: Vec<_> = some.iter().map(key).collect();
        // DynamoDB gives as many as fit into one answer, and says which are left.
        while !keys.is_empty() {
            let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            let wanted = wanted.map_err(|error| Error::Unexpected(error.to_string()))?;
            let got = client.batch_get_item().request_items(table, wanted).send().await;
            let got = got.map_err(|error| Error::aws("dynamodb:BatchGetItem", &error))?;
            for item in got.responses.iter().filter_map(|tables| tables.get(table)).flatten() {
                match value(item, "status").as_str() {
                    "CONFIRMED" => confirmed += 1,
                    "REJECTED" => rejected += 1,
                    _ => {}
                }
            }
            let left = got.unprocessed_keys.unwrap_or_default().remove(table);
            keys = left.map(|left| left.keys).unwrap_or_default();
        }
    }
    Ok((confirmed, rejected))
}

fn summary(
    plan: &CampaignPlan,
    mut sent: Sent,
    samples: Vec<Sample>,
    confirmed: usize,
    rejected: usize,
) -> Campaign {
    sent.latencies_ms.sort_unstable();
    let accepted = sent.ids.len();
    // The first moment from which on nothing waits.
    let waiting = samples.iter().rposition(|sample| sample.backlog() > 0);
    let drained =
        waiting.map_or(sent.last_ms, |n| samples.get(n + 1).or(samples.last()).map_or(0, |s| s.at_ms));
    let per_second = |count: usize, ms: u64| u64::try_from(count).unwrap_or(u64::MAX) * 1000 / ms.max(1);
    Campaign {
        bookings: plan.bookings,
        accepted,
        refused: sent.refused,
        confirmed,
        rejected,
        undecided: accepted - confirmed - rejected,
        accept_rate_per_second: per_second(accepted, sent.last_ms),
        accept_p50_ms: percentile(&sent.latencies_ms, 50),
        accept_p99_ms: percentile(&sent.latencies_ms, 99),
        deepest_backlog: samples.iter().map(Sample::backlog).max().unwrap_or_default(),
        drain_ms: drained.saturating_sub(sent.last_ms),
        decided_per_second: per_second(confirmed + rejected, drained),
        samples,
    }
}

/// What so many of a hundred sorted values are at most.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

fn since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A task that panicked while it held the lock has left nothing half done here.
fn locked(sent: &Mutex<Sent>) -> std::sync::MutexGuard<'_, Sent> {
    sent.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_keep_the_rate_whatever_the_answers_do() {
        assert_eq!([0, 1, 50].map(|n| arrival(n, 50)), [0, 20, 1000].map(Duration::from_millis));
        assert_eq!(arrival(1_000_000, 0), Duration::ZERO, "as fast as they are answered");
    }

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let values: Vec<u64> = (1..=200).collect();
        assert_eq!([50, 99, 100].map(|p| percentile(&values, p)), [100, 198, 200]);
        assert_eq!((percentile(&[7], 50), percentile(&[], 99)), (7, 0));
    }

    #[test]
    fn a_summary_counts_what_is_left_and_when_the_queues_were_empty() {
        let sample = |at_ms, processing| Sample { at_ms, processing, ..Sample::default() };
        let samples = vec![sample(0, 0), sample(500, 30), sample(1000, 10), sample(1500, 0), sample(1750, 0)];
        let ids = (0..40).map(|n| n.to_string()).collect();
        let sent = Sent { ids, latencies_ms: vec![5; 40], last_ms: 800, ..Sent::default() };
        let plan = CampaignPlan { bookings: 40, rate: 0, timeout: 1 };
        let campaign = summary(&plan, sent, samples, 30, 9);
        assert_eq!((campaign.undecided, campaign.is_complete()), (1, false));
        assert_eq!((campaign.deepest_backlog, campaign.drain_ms), (30, 700));
        assert_eq!((campaign.accept_rate_per_second, campaign.decided_per_second), (50, 26));
    }
}
