//! The tables of `docs/scale.md`.

use std::fmt::Write;

use client::Error;

use super::{dollars, quantity, time};
use crate::plan::{self, Load, Plan};

const STEPS: [&str; 5] = ["1", "10", "100", "1000", "10000"];
const CAMPAIGN: &str = "10000000";
const ACCOUNT: &str = "production";
const LARGE: &str = "production-large";

/// All of them.
pub fn tables() -> Result<String, Error> {
    let plans = |account| -> Result<Vec<Plan>, Error> {
        STEPS.iter().map(|rides| plan::for_load(&Load::parse(rides, None, account)?)).collect()
    };
    let (plans, large) = (plans(ACCOUNT)?, plans(LARGE)?);
    let campaign = plan::for_load(&Load::parse("1", Some(CAMPAIGN), ACCOUNT)?)?;
    let tables = [
        ("steps", steps(&plans, &large)),
        ("quotas", quotas(&plans, &large)),
        ("answers", answers(&plans)),
        ("parameters", parameters(&plans)),
        ("the bill", price(&plans)),
        ("the campaign", of_campaign(&campaign)),
    ];
    Ok(tables.map(|(name, table)| block(name, &table)).concat())
}

/// A table between the marks by which `make scale` finds it.
fn block(name: &str, table: &str) -> String {
    format!(
        "<!-- table of {name}, written by make scale -->\n\n{}\n\n<!-- end of table -->\n",
        table.trim_end()
    )
}

fn steps(plans: &[Plan], large: &[Plan]) -> String {
    let mut text = "| rides a second | quotas to raise | the same in us-east-1 | functions at a time | shards | a month |\n\
                    |---:|---|---|---:|---:|---:|\n"
        .to_owned();
    for (plan, large) in plans.iter().zip(large) {
        let shards: f64 = plan.pace.streams.iter().map(|stream| stream.shards).sum();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            quantity(plan.load.rides_per_second),
            to_raise(plan),
            to_raise(large),
            quantity(plan.pace.functions_at_a_time),
            quantity(shards),
            dollars(plan.bill.dollars)
        );
    }
    text
}

fn to_raise(plan: &Plan) -> String {
    let names: Vec<_> = plan.to_raise().map(|limit| limit.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join("; ") }
}

fn quotas(plans: &[Plan], large: &[Plan]) -> String {
    let steps = STEPS.map(|step| quantity(step.parse().unwrap_or_default()));
    let mut text =
        format!("| quota | unit | has | reached at | for {} |\n|---|---|---:|---:", steps.join(" | "));
    let _ = writeln!(text, "{}|", "|---:".repeat(STEPS.len()));
    let Some(first) = plans.first() else { return text };
    for limit in &first.limits {
        let needs: Vec<_> = plans.iter().filter_map(|plan| Some((plan, find(plan, &limit.quota)?))).collect();
        let cells = needs.iter().map(|(_, of)| match of.raise_to {
            Some(to) => format!("**{}**", quantity(to)),
            None if of.is_exceeded() => "**beyond**".to_owned(),
            None => "enough".to_owned(),
        });
        let cells: Vec<_> = cells.collect();
        let in_large = large.first().and_then(|plan| find(plan, &limit.quota));
        let both = |of: fn(&plan::Limit) -> f64| {
            let here = quantity(of(limit));
            let there = in_large.map(|limit| quantity(of(limit))).filter(|there| *there != here);
            there.map_or(here.clone(), |there| format!("{here}; {there}"))
        };
        let (has, at) = (both(|limit| limit.has), both(|limit| limit.reached_at));
        let _ = writeln!(
            text,
            "| [{}]({}) | {} | {has} | {at} | {} |",
            limit.name,
            limit.source,
            limit.unit,
            cells.join(" | ")
        );
    }
    text
}

fn find<'a>(plan: &'a Plan, quota: &str) -> Option<&'a plan::Limit> {
    plan.limits.iter().find(|limit| limit.quota == quota)
}

fn answers(plans: &[Plan]) -> String {
    let mut text = "| quota | because of | beyond it |\n|---|---|---|\n".to_owned();
    for limit in plans.first().map(|plan| plan.limits.as_slice()).unwrap_or_default() {
        let _ = writeln!(text, "| {} | {} | {} |", limit.name, limit.because, limit.answer);
    }
    text
}

fn parameters(plans: &[Plan]) -> String {
    let steps = STEPS.map(|step| quantity(step.parse().unwrap_or_default()));
    let mut text = format!("| parameter | default | for {} |\n|---|---:", steps.join(" | "));
    let _ = writeln!(text, "{}|", "|---:".repeat(STEPS.len()));
    let Some(first) = plans.first() else { return text };
    for (n, consumer) in first.pace.consumers.iter().enumerate() {
        let of_each = plans.iter().filter_map(|plan| plan.pace.consumers.get(n));
        let cells: Vec<_> = of_each
            .map(|of| {
                let queues = if of.queues > 1.0 {
                    format!(" in {} queues", quantity(of.queues))
                } else {
                    String::new()
                };
                format!("{}{queues}", quantity(of.value))
            })
            .collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            consumer.parameter,
            quantity(consumer.default),
            cells.join(" | ")
        );
    }
    for (n, method) in first.methods.iter().enumerate() {
        let of_each = plans.iter().filter_map(|plan| plan.methods.get(n));
        let cells: Vec<_> = of_each.map(|of| quantity(of.raise_to.unwrap_or(of.rate))).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            method.parameter.as_ref().unwrap_or(&method.method),
            quantity(method.rate),
            cells.join(" | ")
        );
    }
    text
}

fn price(plans: &[Plan]) -> String {
    let mut text = "| a month without a ride | how many | price |\n|---|---:|---:|\n".to_owned();
    let Some(bill) = plans.first().map(|plan| &plan.bill) else { return text };
    for charge in &bill.fixed {
        let _ =
            writeln!(text, "| {} | {} | {} |", charge.what, quantity(charge.count), dollars(charge.dollars));
    }
    let _ = writeln!(text, "| **together** | | **{}** |", dollars(bill.dollars_fixed));
    let (metrics, rides) = (&bill.metrics, dollars(bill.dollars_a_million));
    let _ = writeln!(
        text,
        "| and with rides: {} | {} | {} |",
        metrics.what,
        quantity(metrics.count),
        dollars(metrics.dollars)
    );
    let _ = writeln!(text, "| a million rides | | {rides} |");
    let unchecked: Vec<_> = bill.unchecked.iter().map(|price| format!("`{price}`")).collect();
    if !unchecked.is_empty() {
        let _ =
            writeln!(text, "\nNot checked against a page, so look it up first: {}.", unchecked.join(", "));
    }
    text
}

fn of_campaign(plan: &Plan) -> String {
    let Some(campaign) = &plan.campaign else { return String::new() };
    let mut text = "| parameter | default | prebookings a second | 10 million take | to take an hour |\n|---|---:|---:|---:|---:|\n".to_owned();
    let _ = writeln!(
        text,
        "| acceptance, by the method's and the account's limit | | {} | {} | |",
        quantity(campaign.accepted_per_second),
        time(campaign.accepted_in_seconds)
    );
    for stage in &campaign.stages {
        #[expect(clippy::cast_precision_loss, reason = "it is ten million")]
        let lasts = campaign.bookings as f64 / stage.per_second;
        let cells =
            [quantity(stage.default), quantity(stage.per_second), time(lasts), quantity(stage.for_an_hour)];
        let _ = writeln!(text, "| `{}` | {} |", stage.parameter, cells.join(" | "));
    }
    let _ = writeln!(
        text,
        "\nDecided after {}, for {}.",
        time(campaign.decided_in_seconds),
        dollars(campaign.dollars)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_about_scale_shows_these_tables() {
        let page = include_str!("../../../../../docs/scale.md");
        for block in tables().unwrap().split_inclusive("<!-- end of table -->\n") {
            assert!(page.contains(block), "docs/scale.md is out of date: run make scale. It lacks:\n{block}");
        }
    }
}
