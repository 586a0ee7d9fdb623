//! The progress and the result of a campaign.

use comfy_table::Cell;

use super::{
    plot::terminal,
    span::span,
    table::{number, table},
};
use crate::load::campaign::{Campaign, CampaignPlan, Sample};

/// The progress in one line.
pub fn progress(sample: &Sample, plan: &CampaignPlan) -> String {
    let refused = if sample.refused > 0 { format!("{} refused, ", sample.refused) } else { String::new() };
    let phase = if sample.accepted + sample.refused < u64::from(plan.bookings) { "" } else { "draining: " };
    format!("{refused}{phase}{} messages in the queues", sample.backlog())
}

/// The result of a campaign, in figures and over time.
pub fn show(campaign: &Campaign) {
    let mut table = table(&["prebookings", ""]);
    let drained =
        if campaign.is_drained() { span(campaign.drain_ms.cast_signed()) } else { "not yet".to_owned() };
    for (what, how_many) in [
        ("accepted", campaign.accepted.to_string()),
        ("accepted a second", campaign.accept_rate_per_second.to_string()),
        ("time to the answer, median", span(campaign.accept_p50_ms.cast_signed())),
        ("time to the answer, 99 of 100", span(campaign.accept_p99_ms.cast_signed())),
        ("deepest backlog, messages", campaign.deepest_backlog.to_string()),
        ("  of the submission queue", campaign.deepest_by_queue.submission.to_string()),
        ("  of the processing queue", campaign.deepest_by_queue.processing.to_string()),
        ("  of the data lake's queue", campaign.deepest_by_queue.notification.to_string()),
        ("queues empty after the last one", drained),
        ("decided a second", campaign.decided_per_second.to_string()),
        ("confirmed", campaign.confirmed.to_string()),
        ("rejected", campaign.rejected.to_string()),
        ("undecided", campaign.undecided.to_string()),
    ] {
        table.add_row([Cell::new(what), number(how_many)]);
    }
    for (kind, count) in &campaign.refused {
        table.add_row([Cell::new(format!("refused: {kind}")), number(count)]);
    }
    println!("{table}\n{}", terminal::picture(campaign, terminal_width()).trim_end());
    if campaign.undecided > 0 {
        println!("\nNot all is decided yet. Look at the queues with: rydes status");
    }
}

/// The width of the terminal; output that isn't a terminal has room for the widest.
fn terminal_width() -> usize {
    console::Term::stdout().size_checked().map_or(terminal::WIDEST, |(_, columns)| columns.into())
}
