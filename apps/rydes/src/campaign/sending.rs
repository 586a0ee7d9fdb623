//! Lets the prebookings of a campaign arrive.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

use super::{CampaignPlan, locked, since};
use crate::{Answer, Api, Prebook};

/// Requests that are under way at the same time, at the most.
const IN_FLIGHT: usize = 200;

/// What the requests came to so far.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub ids: Vec<String>,
    pub refused: BTreeMap<String, usize>,
    pub latencies_ms: Vec<u64>,
    pub last_ms: u64,
}

/// Lets the requests arrive when they should, each on its own. Dropped, it takes those under way with it.
pub(super) async fn send(api: Arc<Api>, plan: CampaignPlan, start: Instant, sent: Arc<Mutex<Sent>>) {
    let free = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut requests = JoinSet::new();
    for n in 0..plan.bookings {
        let due = arrival(n, plan.rate).map(|due| start + due);
        tokio::time::sleep_until(due.unwrap_or(start)).await;
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        let (api, sent) = (Arc::clone(&api), Arc::clone(&sent));
        requests.spawn(async move {
            // Whoever arrives also waits while too many others do.
            let arrived = due.unwrap_or_else(Instant::now);
            let outcome = request(&api, n).await;
            drop(place);
            let mut sent = locked(&sent);
            match outcome {
                Ok(id) => {
                    sent.ids.push(id);
                    sent.latencies_ms.push(since(arrived));
                    sent.last_ms = since(start);
                }
                Err(kind) => *sent.refused.entry(kind).or_default() += 1,
            }
        });
        while requests.try_join_next().is_some() {}
    }
    while requests.join_next().await.is_some() {}
}

/// When the nth request is due, after the first; none if that is whenever there is room for it.
pub(super) fn arrival(n: u32, rate: u32) -> Option<Duration> {
    (u64::from(n) * 1_000_000).checked_div(u64::from(rate)).map(Duration::from_micros)
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
