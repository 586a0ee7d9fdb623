//! `rydes status`

use std::process::ExitCode;

use clap::Args;
use client::{Error, status};

use crate::{global::Global, view};

/// Show every stack, and the depths of its queues
#[derive(Debug, Args)]
pub struct Status {}

impl Status {
    /// Prints the deployment's condition.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let status = status::status(&global.deployment().await?).await?;
        view::answer(global.json, &status, view::status::show);
        Ok(ExitCode::SUCCESS)
    }
}
