//! `rydes cost`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use client::Error;

use crate::{cost, global::Global, view};

/// Calculate from what was counted in a run what a million rides cost on AWS
#[derive(Debug, Args)]
pub struct Cost {
    /// What was counted in a run, as docs/load-and-cost.md says how it is written
    #[arg(long, value_name = "FILE")]
    counts: PathBuf,
    /// Other prices than those of us-east-1, written as apps/rydes/prices/us-east-1.json is
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

impl Cost {
    /// Prints a table.
    pub fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let cost = cost::from_files(&self.counts, self.prices.as_deref())?;
        view::answer(global.json, &cost, |cost| println!("{}", view::cost::table(cost)));
        Ok(ExitCode::SUCCESS)
    }
}
