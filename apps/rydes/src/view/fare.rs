//! The trace of a fare.

use client::trace::fare::{FareStep, FareTrace, StepError, StepOutcome};

use super::span::span;

/// The path through the saga: forward, back, and its end.
pub fn show(trace: &FareTrace) {
    let FareTrace { fare, amount, status, execution, duration_ms, steps } = trace;
    let amount = amount.as_ref().map(|amount| format!(" of {amount}")).unwrap_or_default();
    let status = status.as_deref().unwrap_or("NOT REGISTERED").to_lowercase().replace('_', " ");
    println!("Fare {fare}{amount}: {status}");
    println!("The execution {}, {}\n", execution.to_lowercase().replace('_', " "), span(*duration_ms));
    let width = steps.iter().map(|step| step.state.len()).max().unwrap_or_default();
    for (n, step) in steps.iter().enumerate() {
        let FareStep { state, compensation, outcome, attempts, errors, duration_ms } = step;
        let mark = match (outcome, compensation) {
            (StepOutcome::Done, false) => "●",
            (StepOutcome::Done, true) => "↩",
            (StepOutcome::Failed, _) => "✗",
            (StepOutcome::Running, _) => "…",
        };
        let tries = if *attempts > 1 { format!("{attempts} tries") } else { String::new() };
        let taken = if *attempts > 0 { span(*duration_ms) } else { String::new() };
        let line = format!("  {mark} {state:width$}  {taken:>8}  {tries}");
        println!("{}", line.trim_end());
        let rail = if n + 1 < steps.len() { "│" } else { " " };
        for StepError { error, cause } in errors {
            println!("  {rail}   {error}{}{cause}", if cause.is_empty() { "" } else { ": " });
        }
    }
    if !trace.is_over() {
        println!("\nIt is not over yet.");
    }
}
