//! `rydes plan`

use std::process::ExitCode;

use clap::Args;
use client::Error;

use crate::{
    global::Global,
    plan::{self, Load},
    view,
};

/// Calculate what a load needs on AWS: quotas, parameters, and the price of a month
#[derive(Debug, Args)]
pub struct Plan {
    /// The rides that are completed a second, on average
    #[arg(long, value_name = "NUMBER", required_unless_present = "markdown", allow_negative_numbers = true)]
    rides_per_second: Option<String>,
    /// The prebookings of a campaign that comes beside them
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    campaign: Option<String>,
    /// The kind of account: sandbox, production or production-large, as docs/operating.md describes them
    #[arg(long, value_name = "KIND", default_value = "production")]
    account: String,
    /// Print the tables of docs/scale.md
    #[arg(long, conflicts_with_all = ["rides_per_second", "campaign"])]
    markdown: bool,
}

impl Plan {
    /// Prints tables.
    pub fn run(self, global: &Global) -> Result<ExitCode, Error> {
        if self.markdown {
            print!("{}", view::plan::markdown::tables()?);
            return Ok(ExitCode::SUCCESS);
        }
        let rides = self.rides_per_second.unwrap_or_default();
        let load = Load::parse(&rides, self.campaign.as_deref(), &self.account)?;
        let plan = plan::for_load(&load)?;
        view::answer(global.json, &plan, |plan| println!("{}", view::plan::text(plan)));
        Ok(ExitCode::SUCCESS)
    }
}
