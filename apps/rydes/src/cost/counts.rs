//! The counts of runs, one for each design.

use std::collections::BTreeMap;

use client::Error;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::prices::Prices;
use crate::decimal;

/// The counts.
#[derive(Debug)]
pub(super) struct Counts {
    /// From one design to [`MOST_DESIGNS`].
    pub designs: Vec<Run>,
}

/// A run of a design.
#[derive(Debug)]
pub(super) struct Run {
    pub name: String,
    pub about: Option<String>,
    pub rides: u64,
    counts: BTreeMap<(String, String), Decimal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    designs: Vec<Counted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    name: String,
    #[serde(default)]
    run: Option<String>,
    rides: u64,
    counts: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

/// The most designs that can be compared.
const MOST_DESIGNS: usize = 6;
/// The largest count that is not taken for a mistake.
const MOST: u64 = 1_000_000_000_000_000;

impl Counts {
    /// Reads the counts in a text, or reports all its faults.
    pub fn read(text: &str, name: &str, prices: &Prices) -> Result<Self, Error> {
        let file: File =
            serde_json::from_str(text).map_err(|error| Error::Usage(format!("{name}: {error}")))?;
        let mut faults = Vec::new();
        if !(1..=MOST_DESIGNS).contains(&file.designs.len()) {
            faults.push(format!(
                "designs: there must be from 1 to {MOST_DESIGNS}, and not {}",
                file.designs.len()
            ));
        }
        let designs: Vec<Run> = file.designs.into_iter().map(|run| run.judged(prices, &mut faults)).collect();
        let mut named = BTreeMap::<_, usize>::new();
        for run in &designs {
            *named.entry(&run.name).or_default() += 1;
        }
        for (name, times) in named.into_iter().filter(|(_, times)| *times > 1) {
            faults.push(format!("designs: {times} are named {name}"));
        }
        if faults.is_empty() {
            return Ok(Self { designs });
        }
        Err(Error::Usage(format!("{name} can't be used:\n  {}", faults.join("\n  "))))
    }
}

impl Counted {
    fn judged(self, prices: &Prices, faults: &mut Vec<String>) -> Run {
        let Self { name, run: about, rides, counts: counted } = self;
        if !(1..=MOST).contains(&rides) {
            faults.push(format!("{name}: rides must be from 1 to {MOST}"));
        }
        let mut counts = BTreeMap::new();
        for (service, kinds) in counted {
            let Some(of_service) = prices.by_service.get(&service) else {
                faults.push(format!(
                    "{name}: there are no prices of {service}, only of {}",
                    names(&prices.by_service)
                ));
                continue;
            };
            for (kind, count) in kinds {
                if !of_service.contains_key(&kind) {
                    faults.push(format!(
                        "{name}: there is no price of {service}.{kind}: of {service} there are {}",
                        names(of_service)
                    ));
                }
                let count =
                    decimal::read(&count).filter(|count| (Decimal::ZERO..=MOST.into()).contains(count));
                if count.is_none() {
                    faults.push(format!("{name}: {service}.{kind} must be a number from 0 to {MOST}"));
                }
                counts.insert((service.clone(), kind), count.unwrap_or_default());
            }
        }
        Run { name, about, rides, counts }
    }
}

fn names<T>(of: &BTreeMap<String, T>) -> String {
    of.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl Run {
    /// The count of a kind of charge; zero if the run does not name it.
    pub fn count(&self, service: &str, kind: &str) -> Decimal {
        self.counts.get(&(service.to_owned(), kind.to_owned())).copied().unwrap_or_default()
    }
}
