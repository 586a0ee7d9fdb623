//! `rydes dlq show`

use std::process::ExitCode;

use clap::Args;
use client::{Error, dead_letters};

use crate::{global::Global, view};

/// Show the messages in a dead-letter queue, each with its reason
#[derive(Debug, Args)]
pub struct Show {
    /// The queue, as `rydes dlq list` names it, or its service
    queue: String,
    /// Show the messages themselves, too: they may be personal
    #[arg(long)]
    body: bool,
}

impl Show {
    /// Prints the messages.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let letters = dead_letters::letters(&global.deployment().await?, &self.queue).await?;
        view::answer(global.json, &letters, |letters| view::dead_letters::show(letters, self.body));
        Ok(ExitCode::SUCCESS)
    }
}
