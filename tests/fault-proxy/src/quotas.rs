//! Enforces AWS's quotas, which `quotas.json` lists, as a service does: each quota is a bucket of tokens, from which every call takes its
//! share. Once the bucket is empty, calls get an error that the caller's SDK knows as throttling.
//!
//! A laptop's load is too small to reach most quotas. A scale below 1 shrinks all rates and bursts alike.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

use serde::{Deserialize, Serialize};

use crate::{bucket::Bucket, call::Call, request_units};

#[derive(Debug, Deserialize)]
struct Data {
    profiles: BTreeMap<String, String>,
    quotas: Vec<Quota>,
}

/// A quota that some calls share, or that each of them has.
#[derive(Debug, Deserialize)]
struct Quota {
    calls: Vec<String>,
    /// The first line of the call in a REST protocol, which doesn't name its operation.
    http: Option<String>,
    counts: Counts,
    /// The rates by kind of account; `any` for all others.
    rates: BTreeMap<String, Rate>,
    error: Refusal,
}

/// The unit of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
enum Counts {
    #[serde(rename = "calls")]
    Calls,
    #[serde(rename = "messages")]
    Messages,
    #[serde(rename = "calls to a FIFO queue")]
    CallsToFifoQueue,
    #[serde(rename = "write units of a table")]
    WriteUnits,
    #[serde(rename = "read units of a table")]
    ReadUnits,
}

/// The calls a second, and the calls at once.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
struct Rate {
    rate: f64,
    burst: f64,
}

/// The error of a call beyond its quota.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) protocol: String,
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) retry_after: Option<u32>,
}

/// A call, its enforced quota, and the numbers of calls and throttled calls.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    call: String,
    #[serde(flatten)]
    rate: Rate,
    counts: Counts,
    calls: u64,
    throttled: u64,
}

/// All quotas. None is enforced until a profile is chosen.
pub(crate) struct Quotas {
    data: Data,
    profile: Option<String>,
    scale: f64,
    buckets: HashMap<(String, String), Bucket>,
    made: BTreeMap<String, u64>,
    throttled: BTreeMap<String, u64>,
}

impl Quotas {
    pub(crate) fn new() -> serde_json::Result<Self> {
        Ok(Self {
            data: serde_json::from_str(include_str!("../quotas.json"))?,
            profile: None,
            scale: 1.0,
            buckets: HashMap::new(),
            made: BTreeMap::new(),
            throttled: BTreeMap::new(),
        })
    }

    /// Enforces the quotas of this kind of account from now on, with full buckets; without a kind, enforces none.
    pub(crate) fn switch(&mut self, profile: Option<String>, scale: f64) -> Result<(), String> {
        if let Some(unknown) = profile.as_ref().filter(|profile| !self.data.profiles.contains_key(*profile)) {
            let known: Vec<_> = self.data.profiles.keys().map(String::as_str).collect();
            return Err(format!("there is no profile {unknown}: choose one of {}", known.join(", ")));
        }
        (self.profile, self.scale) = (profile, scale);
        self.buckets.clear();
        self.made.clear();
        self.throttled.clear();
        Ok(())
    }

    /// The error for a call beyond its quota. Any other call is counted.
    pub(crate) fn refusal(&mut self, call: &Call, now: Instant) -> Option<Refusal> {
        let profile = self.profile.clone()?;
        let (quota, name) = self.find(call)?;
        let wanted = quota.counts.wanted(call);
        if wanted.is_empty() {
            return None;
        }
        // Calls of one quota share a bucket, unless it counts calls.
        let owner = if quota.counts.is_of_each_call() { name.clone() } else { quota.calls.first()?.clone() };
        let (rate, error) = (quota.rate(&profile, self.scale), quota.error.clone());
        *self.made.entry(name.clone()).or_default() += 1;
        let key = |of: &String| (owner.clone(), of.clone());
        let has_all = wanted.iter().fold(true, |all, (of, tokens)| {
            let bucket =
                self.buckets.entry(key(of)).or_insert_with(|| Bucket::new(rate.rate, rate.burst, now));
            bucket.has(*tokens, now) && all
        });
        if !has_all {
            *self.throttled.entry(name).or_default() += 1;
            return Some(error);
        }
        for (of, tokens) in &wanted {
            if let Some(bucket) = self.buckets.get_mut(&key(of)) {
                bucket.take(*tokens);
            }
        }
        None
    }

    /// A row for each call that was made.
    pub(crate) fn report(&self) -> Vec<Row> {
        let Some(profile) = &self.profile else { return Vec::new() };
        let calls =
            self.data.quotas.iter().flat_map(|quota| quota.calls.iter().map(move |call| (quota, call)));
        calls
            .filter_map(|(quota, call)| {
                let throttled = self.throttled.get(call).copied().unwrap_or_default();
                let rate = quota.rate(profile, self.scale);
                let calls = *self.made.get(call)?;
                Some(Row { call: call.clone(), rate, counts: quota.counts, calls, throttled })
            })
            .collect()
    }

    /// The quota of a call, with the call's name in it.
    fn find(&self, call: &Call) -> Option<(&Quota, String)> {
        let line = format!("{} {}", call.method, call.path);
        let by_line = |quota: &&Quota| {
            quota.http.as_ref() == Some(&line)
                && quota.calls.iter().any(|name| name.starts_with(&format!("{}:", call.service)))
        };
        if let Some(quota) = self.data.quotas.iter().find(by_line) {
            return quota.calls.first().map(|name| (quota, name.clone()));
        }
        let name = call.name();
        self.data.quotas.iter().find(|quota| quota.calls.contains(&name)).map(|quota| (quota, name))
    }
}

impl Quota {
    fn rate(&self, profile: &str, scale: f64) -> Rate {
        let real = self.rates.get(profile).or_else(|| self.rates.get("any")).copied();
        let real = real.unwrap_or(Rate { rate: f64::INFINITY, burst: f64::INFINITY });
        // A bucket that can't hold one token would refuse all calls for ever.
        Rate { rate: real.rate * scale, burst: (real.burst * scale).max(1.0) }
    }
}

impl Counts {
    fn is_of_each_call(self) -> bool {
        matches!(self, Self::Calls | Self::CallsToFifoQueue)
    }

    /// The buckets that a call takes tokens from, and how many.
    fn wanted(self, call: &Call) -> Vec<(String, f64)> {
        let body = &call.message.body;
        match self {
            Self::Calls => vec![("account".to_owned(), 1.0)],
            Self::Messages => vec![("account".to_owned(), messages(body))],
            Self::CallsToFifoQueue => {
                let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
                let queue =
                    request["QueueUrl"].as_str().filter(|queue| queue.strip_suffix(".fifo").is_some());
                queue.map(|queue| (queue.to_owned(), 1.0)).into_iter().collect()
            }
            Self::WriteUnits => units(call, "write"),
            Self::ReadUnits => units(call, "read"),
        }
    }
}

/// The messages of a publish, or of a batch: SNS numbers its entries, and each entry has fields.
fn messages(body: &[u8]) -> f64 {
    let fields = form_urlencoded::parse(body);
    let number = |(name, _): (std::borrow::Cow<'_, str>, _)| {
        let entry = name.strip_prefix("PublishBatchRequestEntries.member.")?;
        entry.split_once('.').map(|(number, _)| number.to_owned())
    };
    let entries: HashSet<String> = fields.filter_map(number).collect();
    f64::from(u32::try_from(entries.len().max(1)).unwrap_or(u32::MAX))
}

fn units(call: &Call, kind: &str) -> Vec<(String, f64)> {
    let units = request_units::units(&call.operation, &call.message.body);
    units.into_iter().filter(|((_, of), _)| of == kind).map(|((table, _), n)| (table, n)).collect()
}

#[cfg(test)]
mod tests;
