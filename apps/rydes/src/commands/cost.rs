//! `rydes cost`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use client::Error;

use crate::{cost, global::Global, view};

/// Calculate the cost of a million rides on AWS from the counts of a run
#[derive(Debug, Args)]
pub struct Cost {
    /// The counts of a run, in the format that docs/load-and-cost.md describes
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
