//! AWS's quotas, as `quotas.json` has them: each with its value by kind of account, its unit, its source and the date when that was
//! looked up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All quotas that matter to this system.
#[derive(Debug, Clone, Deserialize)]
pub struct Quotas {
    /// The kinds of account, in words.
    pub profiles: BTreeMap<String, String>,
    /// The quotas.
    pub quotas: Vec<Quota>,
}

/// A quota, which some calls share, or which each of them has.
#[derive(Debug, Clone, Deserialize)]
pub struct Quota {
    /// The name by which a program finds it.
    pub id: String,
    /// The same in words.
    pub name: String,
    /// The unit of its values.
    pub unit: String,
    /// True if AWS raises it on request.
    pub adjustable: bool,
    /// The date when the source was looked up.
    pub date: String,
    /// AWS's own page.
    pub source: String,
    /// The regions that differ, and what else has to be known.
    pub note: Option<String>,
    /// The calls that it limits, if the fault proxy enforces it.
    #[serde(default)]
    pub calls: Vec<String>,
    /// The first line of the call in a REST protocol, which doesn't name its operation.
    pub http: Option<String>,
    /// The unit in which the calls are counted.
    pub counts: Option<Counts>,
    /// By kind of account; `any` for all others.
    rates: BTreeMap<String, Rate>,
    /// The error of a call beyond it.
    pub error: Option<Refusal>,
}

/// The unit that one call takes from a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Counts {
    /// One.
    #[serde(rename = "calls")]
    Calls,
    /// One for each message.
    #[serde(rename = "messages")]
    Messages,
    /// One, from the quota of its FIFO queue.
    #[serde(rename = "calls to a FIFO queue")]
    CallsToFifoQueue,
    /// One for each KB that is written, from the quota of its table.
    #[serde(rename = "write units of a table")]
    WriteUnits,
    /// One for each 4 KB that are read, from the quota of its table.
    #[serde(rename = "read units of a table")]
    ReadUnits,
}

/// A quota's value.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
pub struct Rate {
    /// For as long as you like.
    pub rate: f64,
    /// At once, after a quiet while.
    pub burst: f64,
}

/// The error of a call beyond a quota.
#[derive(Debug, Clone, Deserialize)]
pub struct Refusal {
    /// The protocol that it is written in.
    pub protocol: String,
    /// The HTTP status.
    pub status: u16,
    /// The error's name.
    pub code: String,
    /// The error's text.
    pub message: String,
    /// The seconds after which to try again.
    pub retry_after: Option<u32>,
    /// AWS's page that names it.
    pub source: String,
}

impl Quotas {
    /// The quotas that this crate has.
    ///
    /// # Errors
    /// The file is part of the program, and a test reads it. So this fails only in a build with a broken file.
    pub fn known() -> serde_json::Result<Self> {
        serde_json::from_str(include_str!("../quotas.json"))
    }

    /// The quota of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Quota> {
        self.quotas.iter().find(|quota| quota.id == id)
    }
}

impl Quota {
    /// The value in a kind of account; unlimited if the file has none for it.
    #[must_use]
    pub fn rate(&self, profile: &str) -> Rate {
        let known = self.rates.get(profile).or_else(|| self.rates.get("any")).copied();
        known.unwrap_or(Rate { rate: f64::INFINITY, burst: f64::INFINITY })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_a_page_of_aws(source: &str) -> bool {
        ["https://docs.aws.amazon.com/", "https://repost.aws/"].iter().any(|site| source.starts_with(site))
    }

    #[test]
    fn each_quota_has_a_value_a_unit_a_source_and_a_date() {
        let all = Quotas::known().unwrap();
        assert!(all.quotas.len() > 15);
        for quota in &all.quotas {
            let id = &quota.id;
            assert!(is_a_page_of_aws(&quota.source), "{id}");
            assert!(!quota.name.is_empty() && !quota.unit.is_empty(), "{id}");
            let [year, month, day] = quota.date.split('-').collect::<Vec<_>>().try_into().unwrap();
            let number = |text: &str| text.parse::<u32>().unwrap();
            assert!(
                number(year) >= 2026 && (1..=12).contains(&number(month)) && (1..=31).contains(&number(day)),
                "{id}"
            );
            for profile in all.profiles.keys() {
                let Rate { rate, burst } = quota.rate(profile);
                assert!(
                    rate.is_finite() && rate > 0.0 && burst.is_finite() && burst > 0.0,
                    "{id} in {profile}"
                );
            }
            let unknown = quota.rates.keys().find(|of| *of != "any" && !all.profiles.contains_key(*of));
            assert_eq!(unknown, None, "{id}");
        }
    }

    #[test]
    fn no_two_quotas_have_one_id() {
        let all = Quotas::known().unwrap();
        let ids: BTreeSet<_> = all.quotas.iter().map(|quota| &quota.id).collect();
        assert_eq!(ids.len(), all.quotas.len());
    }

    #[test]
    fn what_the_proxy_enforces_has_calls_a_count_and_an_error() {
        for quota in Quotas::known().unwrap().quotas {
            let enforced = quota.error.is_some();
            assert_eq!(
                (!quota.calls.is_empty(), quota.counts.is_some()),
                (enforced, enforced),
                "{}",
                quota.id
            );
            let Some(error) = quota.error else { continue };
            assert!(["query", "rest-json", "json-1.0", "json-1.1"].contains(&error.protocol.as_str()));
            assert!(is_a_page_of_aws(&error.source), "{}", quota.id);
            assert!(quota.rates.values().all(|rate| rate.rate <= rate.burst), "{}", quota.id);
        }
    }
}
