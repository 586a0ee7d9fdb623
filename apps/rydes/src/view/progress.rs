//! Progress, on stderr and only where a person is looking. It is gone once the answer is there, or an error.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// Shows how far something is.
pub fn bar(json: bool, count: u64, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    seen(json, ProgressBar::new(count)).with_style(style)
}

/// Shows that something is waited for.
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
