//! The progress and the result of a load.

use std::fmt::Write;

use comfy_table::Cell;

use super::{span::span, table::number};
use crate::load::{
    mix::UseCase,
    tally::{Figures, Lateness, Load, Progress},
};

/// The progress in one line.
pub fn progress(progress: &Progress) -> String {
    let Progress { per_second, under_way, errors, p50_ms, p99_ms, .. } = progress;
    let [p50, p99] = [p50_ms, p99_ms].map(|ms| span(ms.cast_signed()));
    format!("{per_second} a second, {under_way} under way, p50 {p50}, p99 {p99}, {errors} errors")
}

/// The result, by use case.
pub fn table(load: &Load) -> String {
    let mut table =
        super::table::table(&["", "sent", "accepted", "a second", "p50", "p90", "p99", "slowest", "errors"]);
    for figures in load.use_cases.iter().chain(Some(&load.all)) {
        let Figures { use_case, sent, accepted, p50_ms, p90_ms, p99_ms, max_ms, .. } = figures;
        let mut row = vec![Cell::new(use_case.map_or("all", UseCase::name)), number(sent), number(accepted)];
        row.push(number(format!("{:.1}", figures.accepted_per_second)));
        row.extend([p50_ms, p90_ms, p99_ms, max_ms].map(|ms| number(span(ms.cast_signed()))));
        let mut errors: Vec<_> =
            figures.errors.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if figures.unanswered > 0 {
            errors.push(format!("({} not answered yet)", figures.unanswered));
        }
        row.push(Cell::new(if errors.is_empty() { "none".to_owned() } else { errors.join("\n") }));
        table.add_row(row);
    }
    let mut text = format!("{table}\n{}", notes(load));
    if load.waited_for_room > 0 {
        let _ = write!(
            text,
            "\n{} requests found {} others under way, which is the bound, and waited: that is part of their latencies.\n\
             If the deployment isn't at its limit, allow for more with --connections.",
            load.waited_for_room, load.connections
        );
    }
    text
}

fn notes(load: &Load) -> String {
    let Lateness { p99_ms, max_ms, .. } = load.lateness;
    let [sending, p99, max] = [load.sending_ms, p99_ms, max_ms].map(|ms| span(ms.cast_signed()));
    let mut text = if load.stopped {
        format!("Stopped after {sending}, with {} of {} requests sent", load.all.sent, load.planned)
    } else {
        format!("{} requests in {sending}", load.all.sent)
    };
    let _ = write!(
        text,
        ", at {} a second. Latencies are of what was accepted, from when it was due.\n\
         The generator itself was late by {p99} at most for 99 of 100, and by {max} once.",
        load.rate
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(use_case: Option<UseCase>, sent: u64, rate: &str) -> Figures {
        let latencies = Figures { p50_ms: 12, p90_ms: 20, p99_ms: 45, max_ms: 1234, ..Figures::default() };
        Figures { use_case, sent, accepted: sent, accepted_per_second: rate.parse().unwrap(), ..latencies }
    }

    fn a_minute() -> Load {
        Load {
            planned: 1200,
            rate: 20,
            sending_ms: 60_000,
            use_cases: vec![
                figures(Some(UseCase::Rides), 800, "13.3"),
                figures(Some(UseCase::Prebookings), 400, "6.7"),
            ],
            all: figures(None, 1200, "20"),
            lateness: Lateness { p50_ms: 0, p99_ms: 2, max_ms: 9 },
            connections: 200,
            ..Load::default()
        }
    }

    #[test]
    fn a_load_is_a_row_for_each_use_case_and_one_for_all() {
        assert_eq!(
            table(&a_minute()),
            "\
┌─────────────┬──────┬──────────┬──────────┬───────┬───────┬───────┬─────────┬────────┐
│             ┆ sent ┆ accepted ┆ a second ┆ p50   ┆ p90   ┆ p99   ┆ slowest ┆ errors │
╞═════════════╪══════╪══════════╪══════════╪═══════╪═══════╪═══════╪═════════╪════════╡
│ rides       ┆  800 ┆      800 ┆     13.3 ┆ 12 ms ┆ 20 ms ┆ 45 ms ┆   1.2 s ┆ none   │
│ prebookings ┆  400 ┆      400 ┆      6.7 ┆ 12 ms ┆ 20 ms ┆ 45 ms ┆   1.2 s ┆ none   │
│ all         ┆ 1200 ┆     1200 ┆     20.0 ┆ 12 ms ┆ 20 ms ┆ 45 ms ┆   1.2 s ┆ none   │
└─────────────┴──────┴──────────┴──────────┴───────┴───────┴───────┴─────────┴────────┘
1200 requests in 1 min 0 s, at 20 a second. Latencies are of what was accepted, from when it was due.
The generator itself was late by 2 ms at most for 99 of 100, and by 9 ms once."
        );
    }

    #[test]
    fn errors_are_told_by_kind_and_whatever_else_made_it_slow() {
        let mut hard = a_minute();
        hard.stopped = true;
        hard.planned = 5000;
        hard.waited_for_room = 31;
        hard.all.errors = [("no answer".to_owned(), 2), ("status 503".to_owned(), 17)].into();
        hard.all.unanswered = 3;
        let text = table(&hard);
        for part in [
            "2 no answer",
            "17 status 503",
            "(3 not answered yet)",
            "Stopped after 1 min 0 s, with 1200 of 5000 requests sent, at 20 a second.",
            "31 requests found 200 others under way",
            "--connections",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn progress_is_one_line() {
        let progress =
            Progress { sent: 40, per_second: 19, under_way: 3, errors: 1, p50_ms: 12, p99_ms: 1400 };
        assert_eq!(super::progress(&progress), "19 a second, 3 under way, p50 12 ms, p99 1.4 s, 1 errors");
    }
}
