//! Requests for quotes, and the answers of the deployed herds.

use std::collections::BTreeMap;

use contracts::Place;
use herd::{PriceList, RawPriceList};
use serde_json::{Map, Value, json};

use crate::unique;

/// A request for quotes: valid, with a new customer, unless a test changes it.
#[derive(Debug, Clone)]
pub struct Rfq(Map<String, Value>);

impl Rfq {
    /// A request from this place to a place that no other test uses.
    pub fn from(place: &str) -> Self {
        let rfq = json!({"from": place, "to": unique("place"), "customer": unique("c")});
        Self(rfq.as_object().unwrap().clone())
    }

    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    /// The request's body.
    pub fn json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// The herds that are deployed, and their price lists.
#[derive(Debug)]
pub struct Herds(Vec<PriceList>);

impl Herds {
    /// The herds that are deployed by default.
    pub fn deployed() -> Self {
        let instances = include_str!("../../infra/herd.instances.json");
        let instances: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_str(instances).unwrap();
        let prices = |(herd, parameters): (&String, &BTreeMap<String, String>)| {
            PriceList::parse(RawPriceList {
                herd,
                price_per_km: &parameters["PricePerKm"],
                pickup_minutes: &parameters["PickupMinutes"],
                availability_percent: &parameters["AvailabilityPercent"],
                seed: &parameters["Seed"],
            })
            .unwrap()
        };
        Self(instances.iter().map(prices).collect())
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|prices| prices.herd.as_str()).collect()
    }

    /// The expected quotes of these herds, in the order of their names, without those of herds that don't answer.
    pub fn answers(&self, rfq: &Rfq, asked: &[&str]) -> Vec<Value> {
        let place = |field: &str| Place::parse(rfq.0[field].as_str().unwrap()).unwrap();
        let asked = self.0.iter().filter(|prices| asked.contains(&prices.herd.as_str()));
        let quotes = asked.filter_map(|prices| prices.quote(&place("from"), &place("to")));
        quotes.map(|quote| serde_json::to_value(quote).unwrap()).collect()
    }

    /// A request that all herds answer.
    pub fn a_request_that_all_answer(&self) -> Rfq {
        Rfq::from(&self.a_place_of_all())
    }

    /// A request that all but one answer.
    pub fn a_request_that_one_does_not_answer(&self) -> Rfq {
        Rfq::from(&self.a_place_of_all_but_one())
    }

    /// A place where all herds have a unicorn free.
    pub fn a_place_of_all(&self) -> String {
        self.a_place_of(self.0.len())
    }

    /// A place where all herds but one have a unicorn free.
    pub fn a_place_of_all_but_one(&self) -> String {
        self.a_place_of(self.0.len() - 1)
    }

    fn a_place_of(&self, herds: usize) -> String {
        let answers = |place: &String| self.answers(&Rfq::from(place), &self.names()).len() == herds;
        let found = (0..1000).map(|_| unique("place")).find(answers);
        found.expect("a herd is available at some places, and not at others")
    }
}

/// The quotes of an answer, in the order of the responders' names, without their times of arrival.
pub fn quotes(rfq: &Value, which: &str) -> Vec<Value> {
    let mut quotes = rfq[which].as_array().cloned().unwrap_or_default();
    for quote in &mut quotes {
        quote.as_object_mut().unwrap().remove("received-at");
    }
    quotes.sort_by_key(|quote| quote["responder"].as_str().unwrap().to_owned());
    quotes
}
