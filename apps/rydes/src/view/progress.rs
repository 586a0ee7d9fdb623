//! Progress, on stderr and only on a terminal. It disappears before the answer or an error is printed.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Shows progress towards a count.
pub fn bar(json: bool, count: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    seen(json, ProgressBar::new(count)).with_style(style)
}

/// Shows that the program is waiting.
pub fn spinner(json: bool) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    let style = style.unwrap_or(ProgressStyle::default_spinner());
    let spinner = seen(json, ProgressBar::new_spinner()).with_style(style);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

fn seen(json: bool, bar: ProgressBar) -> ProgressBar {
    let bar = if json || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { bar };
    bar.with_finish(ProgressFinish::AndClear)
}
