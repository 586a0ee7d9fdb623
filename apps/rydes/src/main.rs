//! `rydes`: the command-line client of Wild Rydes.

mod audit;
mod cli;
mod commands;
mod console;
mod cost;
mod decimal;
mod environment;
mod exit;
mod faults;
mod global;
mod load;
mod plan;
mod view;

use std::process::ExitCode;

fn main() -> ExitCode {
    environment::without_empty_variables();
    cli::run()
}
