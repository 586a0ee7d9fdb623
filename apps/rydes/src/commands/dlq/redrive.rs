//! `rydes dlq redrive`

use std::process::ExitCode;

use clap::Args;
use client::{
    Error,
    dead_letters::removal::{Letters, redrive},
};

use crate::{global::Global, view};

/// Put dead letters back into the queue that they come from, once their cause is fixed
#[derive(Debug, Args)]
pub struct Redrive {
    /// The queue, as `rydes dlq list` names it, or its service
    queue: String,
    /// Only these messages, as `rydes dlq show` names them
    ids: Vec<String>,
}

impl Redrive {
    /// Prints how many were put back.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let which = if self.ids.is_empty() { Letters::All } else { Letters::These(self.ids) };
        let moved = redrive(&global.deployment().await?, &self.queue, &which).await?;
        view::answer(global.json, &moved, |moved| view::dead_letters::show_moved(moved, "put back"));
        Ok(ExitCode::SUCCESS)
    }
}
