//! `rydes audit`

use std::{process::ExitCode, time::Duration};

use clap::Args;
use client::Error;

use crate::{
    audit::{self, findings, journal::Journals},
    exit::success_if,
    global::Global,
    view::{self, progress},
};

/// Compare everything that was accepted with every service's data, and list what is wrong
#[derive(Debug, Args)]
pub struct Audit {
    /// Seconds to wait until nothing is under way
    #[arg(long, default_value_t = 60)]
    settle: u64,
    #[command(flatten)]
    journals: Journals,
}

impl Audit {
    /// Fails if there is any finding.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let deployment = global.deployment().await?;
        let bar = progress::spinner(global.json);
        bar.set_message("waiting until nothing is under way");
        let progress = |audit: &findings::Audit| bar.set_message(view::audit::progress(audit));
        let settle = Duration::from_secs(self.settle);
        let audit = audit::run(&deployment, settle, &self.journals, progress).await?;
        bar.finish_and_clear();
        view::answer(global.json, &audit, view::audit::show);
        Ok(success_if(audit.is_green()))
    }
}
