//! The cost of a million rides.

use std::fmt::Write;

use comfy_table::Cell;
use rust_decimal::{Decimal, RoundingStrategy};

use super::table::number;
use crate::cost::{Component, Cost, Design, PerMillion};

/// The most designs whose quantities and ratios leave the table narrow enough. With more, it has dollars only.
const FEW: usize = 2;

/// A row for each kind of charge, by service.
pub fn table(cost: &Cost) -> String {
    let Some((first, others)) = cost.designs.split_first() else { return String::new() };
    let few = cost.designs.len() <= FEW;
    let mut header = vec!["service".to_owned(), "charges for".to_owned()];
    if few {
        header.extend(cost.designs.iter().map(|design| format!("{}:\na ride", design.name)));
    }
    let unit = if few { "$ a million" } else { "$" };
    header.extend(cost.designs.iter().map(|design| format!("{}:\n{unit}", design.name)));
    if few {
        header.extend(others.iter().map(|other| format!("{} /\n{}", other.name, first.name)));
    }
    let mut table = super::table::table(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for service in &cost.services {
        let parts = cost.components.iter().filter(|part| part.service == service.service);
        let parts: Vec<&Component> = parts.collect();
        let name = service.service.replace('_', " ");
        for (n, part) in parts.iter().enumerate() {
            let mut row = vec![Cell::new(if n == 0 { &name } else { "" })];
            row.push(Cell::new(part.what.as_deref().unwrap_or_default()));
            if few {
                row.extend(part.per_ride.iter().map(|count| number(quantity(*count))));
            }
            row.extend(costs(&part.cost, few));
            table.add_row(row);
        }
        if parts.len() > 1 {
            table.add_row(sum("", "together", &service.cost, few));
        }
    }
    table.add_row(sum("all", "", &cost.total, few));
    if !few {
        let mut row = vec![Cell::new(""), Cell::new(format!("times {}", first.name)), Cell::new("")];
        row.extend(cost.total.ratios.iter().copied().map(ratio));
        table.add_row(row);
    }
    let mut text = format!(
        "A million rides on AWS, in {}, at prices of {}, without a free tier:\n{table}",
        cost.region, cost.date
    );
    for Design { name, run, rides } in &cost.designs {
        let run = run.as_ref().map(|run| format!(": {run}")).unwrap_or_default();
        let _ = write!(text, "\n{name} was counted over {rides} rides{run}");
    }
    text + &look_up(cost.unchecked.iter().map(String::as_str))
}

/// A line about unchecked prices, if there are any.
pub(super) fn look_up<'a>(unchecked: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = unchecked.into_iter().collect();
    if names.is_empty() {
        return String::new();
    }
    format!("\nLook these prices up before you rely on them: {}", names.join(", "))
}

const HALF: RoundingStrategy = RoundingStrategy::MidpointAwayFromZero;

fn sum(service: &str, what: &str, cost: &PerMillion, few: bool) -> Vec<Cell> {
    let mut row = vec![Cell::new(service), Cell::new(what)];
    if few {
        row.extend(cost.dollars.iter().map(|_| Cell::new("")));
    }
    row.extend(costs(cost, few));
    row
}

fn costs(cost: &PerMillion, few: bool) -> Vec<Cell> {
    let mut cells: Vec<_> = cost.dollars.iter().map(|dollars| number(cents(*dollars))).collect();
    if few {
        cells.extend(cost.ratios.iter().copied().map(ratio));
    }
    cells
}

fn ratio(ratio: Option<Decimal>) -> Cell {
    number(ratio.map_or_else(|| "–".to_owned(), cents))
}

/// A value rounded to cents. Formatting alone would truncate it.
fn cents(value: Decimal) -> String {
    format!("{:.2}", value.round_dp_with_strategy(2, HALF))
}

/// A quantity with its significant decimals only.
fn quantity(count: Decimal) -> String {
    let short = if count < Decimal::ONE {
        count.round_sf_with_strategy(2, HALF).unwrap_or(count)
    } else {
        count.round_dp_with_strategy(2, HALF)
    };
    short.normalize().to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cost::from_files;

    #[test]
    fn two_designs_are_shown_side_by_side() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/counts.json"));
        let text = table(&from_files(file, None).unwrap());
        assert_eq!(
            text,
            "\
A million rides on AWS, in us-east-1, at prices of 2026-11-25, without a free tier:
┌─────────────────┬──────────────────────────────┬─────────────┬──────────┬─────────────┬─────────────┬────────────┐
│ service         ┆ charges for                  ┆ wild-rydes: ┆ naive:   ┆ wild-rydes: ┆ naive:      ┆ naive /    │
│                 ┆                              ┆ a ride      ┆ a ride   ┆ $ a million ┆ $ a million ┆ wild-rydes │
╞═════════════════╪══════════════════════════════╪═════════════╪══════════╪═════════════╪═════════════╪════════════╡
│ api gateway     ┆ REST API requests            ┆           1 ┆        1 ┆        3.50 ┆        3.50 ┆       1.00 │
│ cloudwatch logs ┆ GB of logs taken in          ┆   0.0000062 ┆ 0.000014 ┆        3.10 ┆        7.10 ┆       2.29 │
│ dynamodb        ┆ read request units           ┆        3.05 ┆     14.2 ┆        0.38 ┆        1.78 ┆       4.66 │
│                 ┆ stream reads by Lambda       ┆        0.19 ┆        0 ┆        0.00 ┆        0.00 ┆          – │
│                 ┆ write request units          ┆        17.2 ┆     17.2 ┆       10.75 ┆       10.75 ┆       1.00 │
│                 ┆ together                     ┆             ┆          ┆       11.13 ┆       12.53 ┆       1.13 │
│ kms             ┆ requests                     ┆      0.0024 ┆        0 ┆        0.01 ┆        0.00 ┆       0.00 │
│ lambda          ┆ GB-seconds on x86-64         ┆       0.018 ┆    0.082 ┆        0.29 ┆        1.37 ┆       4.70 │
│                 ┆ requests                     ┆        5.63 ┆     12.2 ┆        1.13 ┆        2.44 ┆       2.17 │
│                 ┆ together                     ┆             ┆          ┆        1.42 ┆        3.81 ┆       2.69 │
│ s3              ┆ GET requests                 ┆           0 ┆        1 ┆        0.00 ┆        0.40 ┆          – │
│                 ┆ PUT and LIST requests        ┆      0.0096 ┆        1 ┆        0.05 ┆        5.00 ┆     104.17 │
│                 ┆ together                     ┆             ┆          ┆        0.05 ┆        5.40 ┆     112.50 │
│ ses             ┆ mails                        ┆           1 ┆        1 ┆      100.00 ┆      100.00 ┆       1.00 │
│ sns             ┆ deliveries to queues         ┆         6.2 ┆        7 ┆        0.00 ┆        0.00 ┆          – │
│                 ┆ GB read by filters on bodies ┆   0.0000021 ┆        0 ┆        0.19 ┆        0.00 ┆       0.00 │
│                 ┆ requests to publish          ┆        1.13 ┆        2 ┆        0.56 ┆        1.00 ┆       1.78 │
│                 ┆ together                     ┆             ┆          ┆        0.75 ┆        1.00 ┆       1.33 │
│ sqs             ┆ requests, FIFO               ┆         4.1 ┆        6 ┆        2.05 ┆        3.00 ┆       1.46 │
│                 ┆ requests                     ┆        3.84 ┆       21 ┆        1.54 ┆        8.40 ┆       5.47 │
│                 ┆ together                     ┆             ┆          ┆        3.59 ┆       11.40 ┆       3.18 │
│ step functions  ┆ state transitions            ┆           8 ┆        8 ┆      200.00 ┆      200.00 ┆       1.00 │
│ all             ┆                              ┆             ┆          ┆      323.54 ┆      344.74 ┆       1.07 │
└─────────────────┴──────────────────────────────┴─────────────┴──────────┴─────────────┴─────────────┴────────────┘
wild-rydes was counted over 10000 rides: made up to test with: rydes load --mix rides=1 --rate 100 --count 10000, on x86-64
naive was counted over 5000 rides: made up to test with: the same, with a function for each message and no batches
Look these prices up before you rely on them: s3.get_requests, sns.deliveries_to_sqs, sns.filtered_payload_gb"
        );
    }

    #[test]
    fn more_than_two_designs_are_shown_with_their_dollars_alone() {
        let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/cheaper.json"));
        let text = table(&from_files(file, None).unwrap());
        assert_eq!(
            text,
            "\
A million rides on AWS, in us-east-1, at prices of 2026-11-25, without a free tier:
┌─────────────────┬───────────────────────┬────────┬──────────┬─────────┬────────┬────────────┐
│ service         ┆ charges for           ┆ today: ┆ receipt: ┆ window: ┆ arm64: ┆ all three: │
│                 ┆                       ┆ $      ┆ $        ┆ $       ┆ $      ┆ $          │
╞═════════════════╪═══════════════════════╪════════╪══════════╪═════════╪════════╪════════════╡
│ api gateway     ┆ REST API requests     ┆   3.50 ┆     3.50 ┆    3.50 ┆   3.50 ┆       3.50 │
│ cloudwatch logs ┆ GB of logs taken in   ┆   3.65 ┆     3.65 ┆    3.65 ┆   3.65 ┆       3.65 │
│ dynamodb        ┆ write request units   ┆  11.75 ┆    10.50 ┆   11.75 ┆  11.75 ┆      10.50 │
│ lambda          ┆ GB-seconds on arm64   ┆   0.00 ┆     0.00 ┆    0.00 ┆   1.53 ┆       1.53 │
│                 ┆ GB-seconds on x86-64  ┆   1.91 ┆     1.91 ┆    1.91 ┆   0.00 ┆       0.00 │
│                 ┆ requests              ┆   0.77 ┆     0.71 ┆    0.67 ┆   0.77 ┆       0.65 │
│                 ┆ together              ┆   2.67 ┆     2.61 ┆    2.58 ┆   2.29 ┆       2.18 │
│ s3              ┆ PUT and LIST requests ┆   3.30 ┆     3.30 ┆    3.30 ┆   3.30 ┆       3.30 │
│ ses             ┆ mails                 ┆ 200.00 ┆   100.00 ┆  200.00 ┆ 200.00 ┆     100.00 │
│ sns             ┆ requests to publish   ┆   0.12 ┆     0.12 ┆    0.12 ┆   0.12 ┆       0.12 │
│ sqs             ┆ requests, FIFO        ┆   1.20 ┆     1.20 ┆    1.20 ┆   1.20 ┆       1.20 │
│                 ┆ requests              ┆   1.22 ┆     0.97 ┆    0.85 ┆   1.22 ┆       0.77 │
│                 ┆ together              ┆   2.42 ┆     2.17 ┆    2.05 ┆   2.42 ┆       1.97 │
│ step functions  ┆ state transitions     ┆ 125.00 ┆   125.00 ┆  125.00 ┆ 125.00 ┆     125.00 │
│ all             ┆                       ┆ 352.41 ┆   250.85 ┆  351.95 ┆ 352.03 ┆     250.21 │
│                 ┆ times today           ┆        ┆     0.71 ┆    1.00 ┆   1.00 ┆       0.71 │
└─────────────────┴───────────────────────┴────────┴──────────┴─────────┴────────┴────────────┘
today was counted over 1000000 rides: the counts of apps/rydes/scale/counts.json
receipt was counted over 1000000 rides: computed: a mail and its two writes less for each ride, and 310,000 invocations less, as notify-customer takes 3.226 messages in each
window was counted over 1000000 rides: computed: ten messages in each invocation of four functions are 466,000 invocations less, each with a receive and a delete
arm64 was counted over 1000000 rides: computed: functions take as long as on x86-64
all three was counted over 1000000 rides: computed: 566,000 invocations less, as only half of the e-mails are left to be sent in fuller batches"
        );
    }
}
