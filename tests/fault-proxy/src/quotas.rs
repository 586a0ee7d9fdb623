//! Enforces AWS's quotas, which `aws-quotas` lists, as a service does: each quota is a bucket of tokens, from which every call takes its
//! share. Once the bucket is empty, calls get an error that the caller's SDK knows as throttling.
//!
//! A laptop's load is too small to reach most quotas. A scale below 1 shrinks all rates and bursts alike.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

use aws_quotas::{Counts, Quota, Rate, Refusal};
use serde::Serialize;

use crate::{bucket::Bucket, call::Call, request_units};

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
    data: aws_quotas::Quotas,
    profile: Option<String>,
    scale: f64,
    buckets: HashMap<(String, String), Bucket>,
    made: BTreeMap<String, u64>,
    throttled: BTreeMap<String, u64>,
}

impl Quotas {
    pub(crate) fn new() -> serde_json::Result<Self> {
        Ok(Self {
            data: aws_quotas::Quotas::known()?,
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
        // `find` finds quotas with calls only, and those have a count and an error (a test in `aws-quotas`).
        let (counts, error) = (quota.counts?, quota.error.clone()?);
        let wanted = wanted(counts, call);
        if wanted.is_empty() {
            return None;
        }
        // Calls of one quota share a bucket, unless it counts calls.
        let owner = if is_of_each_call(counts) { name.clone() } else { quota.calls.first()?.clone() };
        let rate = scaled(quota, &profile, self.scale);
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
                let rate = scaled(quota, profile, self.scale);
                let calls = *self.made.get(call)?;
                Some(Row { call: call.clone(), rate, counts: quota.counts?, calls, throttled })
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

fn scaled(quota: &Quota, profile: &str, scale: f64) -> Rate {
    let Rate { rate, burst } = quota.rate(profile);
    // A bucket that can't hold one token would refuse all calls for ever.
    Rate { rate: rate * scale, burst: (burst * scale).max(1.0) }
}

fn is_of_each_call(counts: Counts) -> bool {
    matches!(counts, Counts::Calls | Counts::CallsToFifoQueue)
}

/// The buckets that a call takes tokens from, and how many.
fn wanted(counts: Counts, call: &Call) -> Vec<(String, f64)> {
    let body = &call.message.body;
    match counts {
        Counts::Calls => vec![("account".to_owned(), 1.0)],
        Counts::Messages => vec![("account".to_owned(), messages(body))],
        Counts::CallsToFifoQueue => {
            let request: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            let queue = request["QueueUrl"].as_str().filter(|queue| queue.strip_suffix(".fifo").is_some());
            queue.map(|queue| (queue.to_owned(), 1.0)).into_iter().collect()
        }
        Counts::WriteUnits => units(call, "write"),
        Counts::ReadUnits => units(call, "read"),
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
