//! The picture for a terminal.

use std::fmt::Write;

use super::{
    samples::{end, rates},
    scale::{Scale, seconds},
};
use crate::load::campaign::{Campaign, Sample};

/// The width of the picture in columns, if the terminal has room.
pub const WIDEST: usize = 72;
const NARROWEST: usize = 40;
/// The columns for the marks of the axis.
const MARGIN: usize = 10;
const ROWS: u64 = 8;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The picture for a terminal of this width.
pub fn picture(campaign: &Campaign, width: usize) -> String {
    let columns = width.clamp(NARROWEST, WIDEST) - MARGIN;
    let samples = &campaign.samples;
    let backlog: Vec<u64> = samples.iter().map(Sample::backlog).collect();
    let mut picture = String::new();
    for (title, values) in [("messages in the queues", backlog), ("decided a second", rates(samples))] {
        panel(&mut picture, title, &by_column(samples, &values, columns));
        axis(&mut picture, end(samples), columns);
    }
    picture
}

/// One value for each column: the highest in the column's time, or else the value before.
fn by_column(samples: &[Sample], values: &[u64], columns: usize) -> Vec<u64> {
    let last = columns.saturating_sub(1);
    let scale = Scale { step: 1, top: end(samples).max(1) };
    let mut highest: Vec<Option<u64>> = vec![None; columns];
    for (sample, value) in samples.iter().zip(values) {
        let column = usize::try_from(scale.place(sample.at_ms, last as u64)).unwrap_or(last);
        if let Some(here) = highest.get_mut(column) {
            *here = (*here).max(Some(*value));
        }
    }
    let carry = |before: &mut u64, here: Option<u64>| {
        *before = here.unwrap_or(*before);
        Some(*before)
    };
    highest.into_iter().scan(0, carry).collect()
}

fn panel(picture: &mut String, title: &str, values: &[u64]) {
    let scale = Scale::for_values_to(values.iter().copied().max().unwrap_or_default(), 4);
    let _ = writeln!(picture, "\n{:MARGIN$}{title}", "");
    for row in (0..ROWS).rev() {
        // A row's mark is at its upper edge, and that of the lowest at its lower one.
        let label = match row + 1 {
            ROWS => scale.top.to_string(),
            edge if edge * 2 == ROWS && scale.top.is_multiple_of(2) => (scale.top / 2).to_string(),
            1 => "0".to_owned(),
            _ => String::new(),
        };
        let cell = |value: &u64| {
            // Even the smallest value is visible.
            let eighths = scale.place(*value, ROWS * 8).max((*value).min(1));
            let here = eighths.saturating_sub(row * 8).min(8);
            BLOCKS.get(usize::try_from(here).unwrap_or_default()).copied().unwrap_or(' ')
        };
        let line: String = values.iter().map(cell).collect();
        let edge = if label.is_empty() { '│' } else { '┤' };
        let _ = writeln!(picture, "{label:>8} {edge}{}", line.trim_end());
    }
}

/// The time, from left to right.
fn axis(picture: &mut String, end_ms: u64, columns: usize) {
    let half = columns / 2;
    let _ = writeln!(picture, "{:>8} └{}", "", "─".repeat(columns));
    let (middle, end) = (seconds(end_ms / 2), format!("{} s", seconds(end_ms)));
    let (to_middle, to_end) = (half + middle.len() / 2, columns - half - middle.len() / 2);
    let _ = writeln!(picture, "{:MARGIN$}0{middle:>a$}{end:>b$}", "", a = to_middle - 1, b = to_end);
}
