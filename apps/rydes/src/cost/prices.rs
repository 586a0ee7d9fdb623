//! The prices of AWS, as data.

use std::collections::BTreeMap;

use client::Error;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::decimal;

/// The prices of a region.
#[derive(Debug)]
pub(crate) struct Prices {
    pub region: String,
    pub date: String,
    /// The prices by service and kind of charge.
    pub by_service: ByService<Price>,
    /// The prices by the month, in the same order.
    pub monthly: ByService<Price>,
}

type ByService<T> = BTreeMap<String, BTreeMap<String, T>>;

/// A price.
#[derive(Debug)]
pub(crate) struct Price {
    pub what: String,
    pub usd: Decimal,
    pub per: u64,
    pub checked: Option<Checked>,
}

/// The page on which a price was checked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checked {
    /// The page.
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the file"))]
    pub url: String,
    /// The date that the page gives for itself.
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads the file"))]
    pub as_of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    region: String,
    date: String,
    #[serde(rename = "about", default)]
    _about: Option<Box<RawValue>>,
    prices: ByService<Line>,
    #[serde(default)]
    monthly: ByService<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    what: String,
    usd: Box<RawValue>,
    per: u64,
    /// AWS's own page, for who looks the price up again.
    #[serde(rename = "source")]
    _source: String,
    checked: Option<Checked>,
    #[serde(rename = "note", default)]
    _note: Option<String>,
}

impl Prices {
    /// The prices that are part of the program.
    pub fn known() -> Result<Self, Error> {
        Self::read(include_str!("../../prices/us-east-1.json"), "us-east-1.json")
    }

    /// Reads the prices in a text, or reports all its faults.
    pub fn read(text: &str, name: &str) -> Result<Self, Error> {
        let file: File =
            serde_json::from_str(text).map_err(|error| Error::Usage(format!("{name}: {error}")))?;
        let mut faults = Vec::new();
        let by_service = priced(file.prices, &mut faults);
        let monthly = priced(file.monthly, &mut faults);
        if !faults.is_empty() {
            return Err(Error::Usage(format!("{name} can't be used:\n  {}", faults.join("\n  "))));
        }
        Ok(Self { region: file.region, date: file.date, by_service, monthly })
    }
}

fn priced(of: ByService<Line>, faults: &mut Vec<String>) -> ByService<Price> {
    let mut prices = ByService::new();
    for (service, lines) in of {
        for (kind, Line { what, usd, per, checked, .. }) in lines {
            let usd = decimal::read(&usd).filter(|usd| !usd.is_sign_negative());
            if usd.is_none() {
                faults.push(format!("{service}.{kind}: usd must be a number, and not negative"));
            }
            if per == 0 {
                faults.push(format!("{service}.{kind}: per must be more than 0"));
            }
            let price = Price { what, usd: usd.unwrap_or_default(), per, checked };
            prices.entry(service.clone()).or_default().insert(kind, price);
        }
    }
    prices
}
