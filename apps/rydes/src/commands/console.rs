//! `rydes console`

use std::process::ExitCode;

use clap::Args;
use client::Error;

use crate::{console, global::Global};

/// Show the deployed system at work, on a page that only this machine can open
#[derive(Debug, Args)]
pub struct Console {
    /// The port on the loopback interface; 0 for any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Let the page act: complete rides, redrive and discard dead letters. On an emulator also take services down
    #[arg(long)]
    allow_actions: bool,
}

impl Console {
    /// Serves the page until Ctrl-C.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        console::serve(global, self.port, self.allow_actions).await?;
        Ok(ExitCode::SUCCESS)
    }
}
