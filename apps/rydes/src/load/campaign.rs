//! A campaign: many prebookings at once, and the queues while they are handled.

mod decisions;
mod sending;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Args;
use client::{Api, Deployment, Error, queues::depth, tables::Tables};
use serde::Serialize;
use tokio::{task::JoinSet, time::Instant};

use self::{decisions::Decisions, sending::send};
use super::{
    arrivals::{locked, since},
    responses::{Responses, percentile},
};

/// The number of prebookings, and their rate.
#[derive(Debug, Clone, Args)]
pub struct CampaignPlan {
    /// Number of prebookings
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub bookings: u32,
    /// Requests a second, whether or not earlier ones are answered; 0 sends them as fast as they are answered
    #[arg(long, default_value_t = 0)]
    pub rate: u32,
    /// Seconds to wait after the last prebooking until all are decided
    #[arg(long, default_value_t = 300)]
    pub timeout: u64,
}

/// The result of a campaign.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Campaign {
    /// The number of prebookings to send.
    pub bookings: u32,
    /// The number of accepted prebookings.
    pub accepted: usize,
    /// The refused requests, counted by kind of answer.
    pub refused: BTreeMap<String, usize>,
    /// The number of confirmed prebookings.
    pub confirmed: usize,
    /// The number of rejected prebookings.
    pub rejected: usize,
    /// The number of undecided prebookings when the time was up.
    pub undecided: usize,
    /// Accepted requests a second.
    pub accept_rate_per_second: u64,
    /// The median of the time to the answer.
    pub accept_p50_ms: u64,
    /// The 99th percentile of the time to the answer.
    pub accept_p99_ms: u64,
    /// The most messages that waited in all queues together.
    pub deepest_backlog: u64,
    /// The most messages that waited in each queue, not necessarily at the same time.
    pub deepest_by_queue: Backlog,
    /// The time from the last acceptance until the queues were empty, or until the time was up.
    pub drain_ms: u64,
    /// Decisions a second, over the whole campaign.
    pub decided_per_second: u64,
    /// The queues over time.
    pub samples: Vec<Sample>,
}

/// Messages in each of the queues, waiting or in flight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Backlog {
    /// Messages in the submission queue.
    pub submission: u64,
    /// Messages in the processing queue.
    pub processing: u64,
    /// Messages in the data lake's queue.
    pub notification: u64,
}

/// The queues at one moment.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Sample {
    /// The time since the first request.
    pub at_ms: u64,
    /// The number of requests accepted so far.
    pub accepted: u64,
    /// The number of requests that were refused or not answered so far.
    pub refused: u64,
    /// Messages in the submission queue, waiting or in flight.
    pub submission: u64,
    /// Messages in the processing queue.
    pub processing: u64,
    /// Messages in the data lake's queue.
    pub notification: u64,
}

impl Sample {
    /// Messages in all queues.
    pub fn backlog(&self) -> u64 {
        self.submission + self.processing + self.notification
    }

    /// The least number of prebookings that have left the queues that lead to a decision.
    pub fn decided(&self) -> u64 {
        self.accepted.saturating_sub(self.submission + self.processing)
    }
}

impl Campaign {
    /// True if no message waited in the end.
    pub fn is_drained(&self) -> bool {
        self.samples.last().is_none_or(|sample| sample.backlog() == 0)
    }

    /// True if every request was accepted, and every accepted prebooking was decided.
    pub fn is_complete(&self) -> bool {
        self.undecided == 0 && self.refused.is_empty() && u32::try_from(self.accepted) == Ok(self.bookings)
    }
}

const BETWEEN_SAMPLES: Duration = Duration::from_millis(250);
/// The first and the longest pause between two queries for undecided prebookings. A query is expensive, so the pauses grow.
const BETWEEN_QUESTIONS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));

/// Sends the prebookings, watches the queues until they are empty, and counts the decisions. No request is sent after this has returned
/// or is dropped.
pub async fn run(
    deployment: &Deployment,
    plan: &CampaignPlan,
    mut progress: impl FnMut(&Sample),
) -> Result<Campaign, Error> {
    let api = Arc::new(Api::from_deployment(deployment, "ride-booking").await?);
    let queues = Queues::from_deployment(deployment)?;
    let (start, patience) = (Instant::now(), Duration::from_secs(plan.timeout));
    let responses = Arc::new(Mutex::new(Responses::default()));
    let mut sender = JoinSet::new();
    sender.spawn(send(api, plan.bookings, plan.rate, start, Arc::clone(&responses)));
    let mut samples: Vec<Sample> = Vec::new();
    let mut deadline = start + patience;
    loop {
        // The sender is checked before the queues: if it ends in between, the next round sees it.
        while sender.try_join_next().is_some() {}
        let over = sender.is_empty();
        // Boxed, because three concurrent calls make a large future.
        let sample = Box::pin(queues.sample(start, &responses)).await?;
        progress(&sample);
        let empty = sample.backlog() == 0 && samples.last().is_some_and(|before| before.backlog() == 0);
        samples.push(sample);
        if !over {
            deadline = Instant::now() + patience;
        } else if empty || Instant::now() >= deadline {
            break;
        }
        tokio::time::sleep(BETWEEN_SAMPLES).await;
    }
    let responses = std::mem::take(&mut *locked(&responses));
    // Counts of messages are approximate, so queues that look empty may not be.
    let ids: Vec<String> = responses.accepted.iter().map(|accepted| accepted.id.clone()).collect();
    let (tables, mut decisions) = (Tables::from_deployment(deployment), Decisions::of(&ids));
    let (mut pause, longest) = BETWEEN_QUESTIONS;
    while !decisions.look(&tables).await? && Instant::now() < deadline {
        tokio::time::sleep_until(deadline.min(Instant::now() + pause)).await;
        pause = (pause * 2).min(longest);
    }
    Ok(summary(plan, responses, samples, &decisions))
}

/// The queues that a prebooking goes through.
struct Queues<'a> {
    sqs: aws_sdk_sqs::Client,
    submission: &'a str,
    processing: &'a str,
    notification: &'a str,
}

impl<'a> Queues<'a> {
    fn from_deployment(deployment: &'a Deployment) -> Result<Self, Error> {
        Ok(Self {
            sqs: aws_sdk_sqs::Client::new(deployment.aws()),
            submission: deployment.output("ride-booking", "PrebookingSubmissionQueueUrl")?,
            processing: deployment.output("ride-booking", "PrebookingProcessingQueueUrl")?,
            notification: deployment.output("datalake-ingestion", "PrebookingNotificationQueueUrl")?,
        })
    }

    /// Counts acceptances before the queues, so that no request seems to have left a queue that it has not reached.
    async fn sample(&self, start: Instant, responses: &Mutex<Responses>) -> Result<Sample, Error> {
        let (accepted, refused) = {
            let responses = locked(responses);
            (responses.accepted.len() as u64, responses.refused.values().sum::<usize>() as u64)
        };
        let at_ms = since(start);
        let (submission, processing, notification) = tokio::try_join!(
            depth(&self.sqs, "PrebookingSubmission", self.submission),
            depth(&self.sqs, "PrebookingProcessing", self.processing),
            depth(&self.sqs, "PrebookingNotification", self.notification),
        )?;
        let [submission, processing, notification] =
            [submission, processing, notification].map(|queue| queue.under_way());
        Ok(Sample { at_ms, accepted, refused, submission, processing, notification })
    }
}

fn summary(
    plan: &CampaignPlan,
    mut responses: Responses,
    samples: Vec<Sample>,
    decisions: &Decisions,
) -> Campaign {
    responses.latencies_ms.sort_unstable();
    let accepted = responses.accepted.len();
    // The time from which no message waits.
    let waiting = samples.iter().rposition(|sample| sample.backlog() > 0);
    let drained =
        waiting.map_or(responses.last_ms, |n| samples.get(n + 1).or(samples.last()).map_or(0, |s| s.at_ms));
    let per_second = |count: usize, ms: u64| count as u64 * 1000 / ms.max(1);
    let deepest = |of: fn(&Sample) -> u64| samples.iter().map(of).max().unwrap_or_default();
    let decided = decisions.confirmed + decisions.rejected;
    Campaign {
        bookings: plan.bookings,
        accepted,
        refused: responses.refused,
        confirmed: decisions.confirmed,
        rejected: decisions.rejected,
        undecided: accepted.saturating_sub(decided),
        accept_rate_per_second: per_second(accepted, responses.last_ms),
        accept_p50_ms: percentile(&responses.latencies_ms, 50),
        accept_p99_ms: percentile(&responses.latencies_ms, 99),
        deepest_backlog: deepest(Sample::backlog),
        deepest_by_queue: Backlog {
            submission: deepest(|sample| sample.submission),
            processing: deepest(|sample| sample.processing),
            notification: deepest(|sample| sample.notification),
        },
        drain_ms: drained.saturating_sub(responses.last_ms),
        decided_per_second: per_second(decided, drained),
        samples,
    }
}

#[cfg(test)]
mod tests;
