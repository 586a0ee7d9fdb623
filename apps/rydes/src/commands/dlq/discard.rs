//! `rydes dlq discard`

use std::process::ExitCode;

use clap::Args;
use client::{
    Error,
    dead_letters::removal::{Letters, discard},
};

use crate::{global::Global, view};

/// Delete dead letters
#[derive(Debug, Args)]
pub struct Discard {
    /// The queue, as `rydes dlq list` names it, or its service
    queue: String,
    /// These messages, as `rydes dlq show` names them
    #[arg(conflicts_with = "all")]
    ids: Vec<String>,
    /// All of them
    #[arg(long)]
    all: bool,
}

impl Discard {
    /// Prints how many were deleted.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let deployment = global.deployment().await?;
        if self.ids.is_empty() && !self.all {
            return Err(Error::Usage("name the messages to delete, or say --all".to_owned()));
        }
        let which = if self.all { Letters::All } else { Letters::These(self.ids) };
        let moved = discard(&deployment, &self.queue, &which).await?;
        view::answer(global.json, &moved, |moved| view::dead_letters::show_moved(moved, "deleted"));
        Ok(ExitCode::SUCCESS)
    }
}
