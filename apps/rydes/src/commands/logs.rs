//! `rydes logs`

use std::{ops::RangeInclusive, process::ExitCode, time::Duration};

use clap::{Args, value_parser};
use client::{Error, logs};

use crate::{exit::success_if, global::Global, view};

/// The minutes of logs that can be read, at most those of ten years.
pub(super) const MINUTES: RangeInclusive<u64> = 1..=5_256_000;

/// Show the log lines of all functions about a ride, a prebooking or a request for quotes, by time
#[derive(Debug, Args)]
pub struct Logs {
    /// A correlation id, or the id of a ride, a prebooking or a request for quotes
    id: String,
    /// Number of minutes to look back
    #[arg(long, default_value_t = 180, value_parser = value_parser!(u64).range(MINUTES))]
    minutes: u64,
}

impl Logs {
    /// Fails if there is no line.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let deployment = global.deployment().await?;
        let lines = logs::find(&deployment, &self.id, Duration::from_mins(self.minutes)).await?;
        view::answer(global.json, &lines, |lines| view::logs::show(lines, &deployment.stage));
        Ok(success_if(!lines.is_empty()))
    }
}
