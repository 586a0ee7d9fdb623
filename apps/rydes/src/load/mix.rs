//! The mix of a load: its use cases, and their order.

use client::{journal::Kind, prebooking::Prebooking, rfq::RfqRequest};
use serde::Serialize;
use serde_json::json;

/// The use case of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UseCase {
    /// A completed ride.
    Rides,
    /// A ride booked ahead.
    Prebookings,
    /// Quotes for a ride right now.
    Quotes,
}

/// The number of customers. Each has some of the requests.
const CUSTOMERS: u64 = 1000;

impl UseCase {
    /// All use cases, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Rides, Self::Prebookings, Self::Quotes];

    /// The name on the command line and in the output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rides => "rides",
            Self::Prebookings => "prebookings",
            Self::Quotes => "quotes",
        }
    }

    /// The kind of an accepted request.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Rides => Kind::Ride,
            Self::Prebookings => Kind::Prebooking,
            Self::Quotes => Kind::Rfq,
        }
    }

    pub(super) fn service(self) -> &'static str {
        self.kind().service()
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Rides => "/submit-ride-completion",
            Self::Prebookings => "/submit-ride-prebooking",
            Self::Quotes => "/submit-instant-ride-rfq",
        }
    }

    /// The field of the answer that contains the id.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Rides | Self::Prebookings => "id",
            Self::Quotes => "rfq-id",
        }
    }

    /// The nth request's body.
    pub(super) fn body(self, n: u64) -> String {
        let customer = format!("load-{}", n % CUSTOMERS);
        match self {
            // One ride in five is extraordinary by the stack's default bounds.
            Self::Rides if n.is_multiple_of(5) => {
                json!({"from": "Berlin", "to": "Frankfurt", "duration": 420,
                "distance": 600, "customer": customer, "fare": "256.50"})
                .to_string()
            }
            Self::Rides => json!({"from": "Mitte", "to": "Kreuzberg", "duration": 15, "distance": 6,
                "customer": customer, "fare": "14.90"})
            .to_string(),
            Self::Prebookings => {
                Prebooking { from: "Berlin".to_owned(), to: "Bonn".to_owned(), when: None, customer }.body()
            }
            Self::Quotes => RfqRequest {
                from: "Mitte".to_owned(),
                to: "Moabit".to_owned(),
                customer,
                herds: None,
                reply_within: None,
            }
            .body(),
        }
    }
}

/// Use cases by weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// The order of the use cases, which is repeated.
    cycle: Vec<UseCase>,
}

const HEAVIEST: u32 = 1000;

impl Mix {
    /// Reads `rides=8,prebookings=3`, or reports all its faults.
    pub(super) fn read(text: &str) -> Result<Self, Vec<String>> {
        let (mut weights, mut faults) = (Vec::new(), Vec::new());
        for part in text.split(',').map(str::trim) {
            let Some((name, weight)) = part.split_once('=') else {
                faults.push(format!("'{part}' is not of the form rides=8"));
                continue;
            };
            let weight = weight.parse().ok().filter(|weight| *weight <= HEAVIEST);
            if weight.is_none() {
                faults.push(format!("the weight of {name} must be a whole number from 0 to {HEAVIEST}"));
            }
            match UseCase::ALL.into_iter().find(|use_case| use_case.name() == name) {
                None => faults.push(format!("there is no '{name}': there are rides, prebookings and quotes")),
                Some(twice) if weights.iter().any(|(use_case, _)| *use_case == twice) => {
                    faults.push(format!("{name} is named twice"));
                }
                Some(use_case) => weights.push((use_case, weight.unwrap_or_default())),
            }
        }
        let mix = Self::of_weights(&weights);
        if faults.is_empty() && mix.cycle.is_empty() {
            faults.push("no weight is more than 0".to_owned());
        }
        if faults.is_empty() { Ok(mix) } else { Err(faults) }
    }

    /// A cycle with each use case as often as its weight, spread as evenly as possible.
    fn of_weights(weights: &[(UseCase, u32)]) -> Self {
        let total: u32 = weights.iter().map(|(_, weight)| weight).sum();
        let mut owed = vec![0_i64; weights.len()];
        let mut next = || {
            for (owed, (_, weight)) in owed.iter_mut().zip(weights) {
                *owed += i64::from(*weight);
            }
            // The first use case wins among those that are owed the same.
            let (most, (use_case, _)) = owed.iter_mut().zip(weights).rev().max_by_key(|(owed, _)| **owed)?;
            *most -= i64::from(total);
            Some(*use_case)
        };
        Self { cycle: (0..total).filter_map(|_| next()).collect() }
    }

    /// The use case of the nth request.
    pub(super) fn of(&self, n: u64) -> UseCase {
        let place = n.checked_rem(self.cycle.len() as u64).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.cycle.get(place)).copied().unwrap_or(UseCase::Rides)
    }

    /// The use cases with a weight.
    pub(super) fn use_cases(&self) -> impl Iterator<Item = UseCase> {
        UseCase::ALL.into_iter().filter(|use_case| self.cycle.contains(use_case))
    }
}
