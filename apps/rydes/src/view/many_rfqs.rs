//! The result of many requests for quotes.

use comfy_table::Cell;

use super::{
    span::span,
    table::{number, table},
};
use crate::load::many_rfqs::ManyRfqs;

/// A row for each figure.
pub fn show(many: &ManyRfqs) {
    let mut table = table(&["requests for quotes", ""]);
    for (what, how_many) in [
        ("accepted", many.accepted.to_string()),
        ("closed by the last answer", many.closed_by_the_last_answer.to_string()),
        ("closed by the deadline", many.closed_by_the_deadline.to_string()),
        ("still open", many.open.to_string()),
        ("quotes in time", many.quotes.to_string()),
        ("quotes too late", many.late.to_string()),
        ("time to the answer, median", span(many.accept_p50_ms.cast_signed())),
        ("time to the answer, 99 of 100", span(many.accept_p99_ms.cast_signed())),
        ("time until closed, median", span(many.closed_p50_ms.cast_signed())),
        ("time until closed, 99 of 100", span(many.closed_p99_ms.cast_signed())),
    ] {
        table.add_row([Cell::new(what), number(how_many)]);
    }
    for (kind, count) in &many.refused {
        table.add_row([Cell::new(format!("refused: {kind}")), number(count)]);
    }
    println!("{table}");
}
