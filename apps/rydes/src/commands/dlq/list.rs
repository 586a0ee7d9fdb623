//! `rydes dlq list`

use std::process::ExitCode;

use clap::Args;
use client::{Error, dead_letters};

use crate::{global::Global, view};

/// Show every dead-letter queue, with the reasons of its messages
#[derive(Debug, Args)]
pub struct List {}

impl List {
    /// Prints the queues.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let queues = dead_letters::queues(&global.deployment().await?).await?;
        view::answer(global.json, &queues, |queues| view::dead_letters::show_queues(queues));
        Ok(ExitCode::SUCCESS)
    }
}
