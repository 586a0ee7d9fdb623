//! `rydes console`

use std::{path::PathBuf, process::ExitCode};

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
    /// Record the session into a file that is not there yet: what a page is sent, and what its views would show
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Show a recorded session instead of a deployment, which then need not be there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "allow_actions"])]
    replay: Option<PathBuf>,
}

impl Console {
    /// Serves the page until Ctrl-C.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        match self.replay {
            Some(file) => console::replay(self.port, &file).await?,
            None => console::serve(global, self.port, self.allow_actions, self.record.as_deref()).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
