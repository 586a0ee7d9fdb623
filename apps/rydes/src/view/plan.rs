//! A plan, as tables for a terminal.

#![expect(clippy::float_arithmetic, reason = "a plan is an estimate, and moves no money")]

pub mod markdown;

use std::fmt::Write;

use super::{
    cost::look_up,
    table::{number, table},
};
use crate::plan::{Campaign, Charge, Limit, Plan};

/// Tables for a person.
pub fn text(plan: &Plan) -> String {
    let mut text = format!(
        "{} rides a second, in an account of the kind {}:\n",
        quantity(plan.load.rides_per_second),
        plan.load.account
    );
    if let Some(first) = plan.first_limit() {
        let (name, at) = (&first.name, quantity(first.reached_at));
        let _ = writeln!(text, "The first limit is {name}, at {at} rides a second. {}", first.answer);
    }
    let _ = writeln!(text, "\nQuotas:\n{}", limits(plan));
    let _ = writeln!(text, "\nParameters:\n{}", parameters(plan));
    for method in &plan.methods {
        let needs =
            method.raise_to.map_or_else(|| "enough".to_owned(), |to| format!("raise it to {}", quantity(to)));
        let _ =
            writeln!(text, "{} takes {} requests a second: {needs}", method.method, quantity(method.rate));
    }
    for stream in &plan.pace.streams {
        let _ = writeln!(
            text,
            "{} reads {}, each in a function of its own",
            stream.function,
            shards(stream.shards)
        );
    }
    let _ = writeln!(text, "{} functions at a time, all together", quantity(plan.pace.functions_at_a_time));
    if let Some(campaign) = &plan.campaign {
        let _ = writeln!(text, "\n{}", of_campaign(campaign));
    }
    let _ = write!(text, "\nA month, {}:\n{}", plan.bill.prices, bill(plan));
    text + &look_up(plan.unchecked_prices())
}

fn shards(number: f64) -> String {
    format!("{} shard{}", quantity(number), if number > 1.0 { "s" } else { "" })
}

fn limits(plan: &Plan) -> comfy_table::Table {
    let mut rows = table(&["quota", "unit", "reached at", "has", "needs", "raise to"]);
    for limit in &plan.limits {
        let row = [limit.reached_at, limit.has, limit.needs].map(|value| number(quantity(value)));
        let mut cells = vec![limit.name.as_str().into(), limit.unit.as_str().into()];
        cells.extend(row);
        cells.push(number(raise(limit)));
        rows.add_row(cells);
    }
    rows
}

fn parameters(plan: &Plan) -> comfy_table::Table {
    let mut rows = table(&["parameter", "messages a second", "needs", "default", "value"]);
    for consumer in &plan.pace.consumers {
        let queues = if consumer.queues > 1.0 {
            format!(" in each of {} queues", quantity(consumer.queues))
        } else {
            String::new()
        };
        let mut cells = vec![consumer.parameter.as_str().into()];
        cells.extend(
            [consumer.messages_per_second, consumer.needs, consumer.default]
                .map(|value| number(quantity(value))),
        );
        cells.push(number(format!("{}{queues}", quantity(consumer.value))));
        rows.add_row(cells);
    }
    rows
}

fn of_campaign(campaign: &Campaign) -> String {
    let mut text = format!(
        "A campaign of {} is accepted in {}, at {} a second, and decided after {}. It costs {}.\n",
        quantity_of(campaign.bookings),
        time(campaign.accepted_in_seconds),
        quantity(campaign.accepted_per_second),
        time(campaign.decided_in_seconds),
        dollars(campaign.dollars)
    );
    let mut rows = table(&["parameter", "default", "a second", "for an hour"]);
    for stage in &campaign.stages {
        let mut cells = vec![stage.parameter.as_str().into()];
        cells.extend(
            [stage.default, stage.per_second, stage.for_an_hour].map(|value| number(quantity(value))),
        );
        rows.add_row(cells);
    }
    let _ = write!(text, "{rows}");
    text
}

fn bill(plan: &Plan) -> comfy_table::Table {
    let bill = &plan.bill;
    let mut rows = table(&["for", "how many", "$"]);
    let mut row = |what: &str, count: f64, of: f64| {
        rows.add_row(vec![what.into(), number(quantity(count)), number(dollars(of))]);
    };
    for Charge { what, count, dollars, .. } in bill.fixed.iter().chain([&bill.metrics]) {
        row(what, *count, *dollars);
    }
    row("rides", bill.rides, bill.dollars_of_rides);
    rows.add_row(vec!["together".into(), "".into(), number(dollars(bill.dollars))]);
    rows
}

fn raise(limit: &Limit) -> String {
    let otherwise = if limit.is_exceeded() { "AWS doesn't raise it" } else { "–" };
    limit.raise_to.map_or_else(|| otherwise.to_owned(), quantity)
}

/// Rounded to what says something, with separators.
fn quantity(number: f64) -> String {
    if number >= 100.0 || (number.fract() == 0.0 && number >= 1.0) {
        return grouped(&format!("{number:.0}"));
    }
    let digits = if number >= 10.0 {
        1
    } else if number >= 0.01 {
        2
    } else {
        4
    };
    let text = format!("{number:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn quantity_of(number: u64) -> String {
    grouped(&number.to_string())
}

fn dollars(number: f64) -> String {
    let rounded = if number < 1000.0 { format!("{number:.2}") } else { format!("{number:.0}") };
    match rounded.split_once('.') {
        Some(_) => format!("${rounded}"),
        None => format!("${}", grouped(&rounded)),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn time(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{seconds:.0} s"),
        _ if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        _ if seconds < 172_800.0 => format!("{:.1} h", seconds / 3600.0),
        _ => format!("{:.1} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{self, Load};

    #[test]
    fn numbers_are_shown_as_they_are_said() {
        let shown = [0.5, 2.0, 7.25, 31.44, 172.8, 1000.0, 1_234_567.0].map(quantity);
        assert_eq!(shown, ["0.5", "2", "7.25", "31.4", "173", "1,000", "1,234,567"]);
        assert_eq!([25.0, 999.99, 1_234.5].map(dollars), ["$25.00", "$999.99", "$1,234"]);
        assert_eq!([5.0, 2000.0, 9000.0, 200_000.0].map(time), ["5 s", "33 min", "2.5 h", "2.3 days"]);
    }

    #[test]
    fn a_quota_that_is_exceeded_and_never_raised_is_said_to_be_so() {
        let load = Load::parse("10000", None, "production").unwrap();
        let text = text(&plan::for_load(&load).unwrap());
        let row = text.lines().find(|line| line.contains("writes to a new table on demand")).unwrap();
        assert!(row.contains("AWS doesn't raise it"), "{row}");
    }

    #[test]
    fn a_plan_names_the_first_limit_the_parameters_and_the_price() {
        let load = Load::parse("100", Some("10000"), "production").unwrap();
        let text = text(&plan::for_load(&load).unwrap());
        for part in [
            "The first limit is e-mails a day",
            "customer-loyalty:CustomerLoyaltyMaximumConcurrency",
            "A campaign of 10,000",
            "Look these prices up before you rely on them: cloudwatch.metrics",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
