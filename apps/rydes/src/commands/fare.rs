//! `rydes fare`

mod resolve;
mod settle_dispute;

use std::{process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use client::{
    Error,
    trace::fare::{self, FareTrace},
};

use self::{resolve::Resolve, settle_dispute::SettleDispute};
use crate::{
    exit::success_if,
    global::Global,
    view::{self, progress},
};

/// Wait until a ride's fare is collected or given up, and show each step
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Fare {
    /// The ride's id
    #[arg(required = true)]
    id: Option<String>,
    /// Seconds to wait
    #[arg(long, default_value_t = 60)]
    timeout: u64,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Resolve(Resolve),
    SettleDispute(SettleDispute),
}

impl Fare {
    /// Fails if the time is up before the collection has ended. A fare that was given up has ended, too.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        match self.command {
            Some(Command::Resolve(resolve)) => return resolve.run(global).await,
            Some(Command::SettleDispute(settle)) => return settle.run(global).await,
            None => {}
        }
        let deployment = global.deployment().await?;
        let bar = progress::spinner(global.json);
        let progress = |fare: &FareTrace| bar.set_message(format!("in {}", fare.current()));
        let patience = Duration::from_secs(self.timeout);
        let fare = fare::trace(&deployment, &self.id.unwrap_or_default(), patience, progress).await?;
        bar.finish_and_clear();
        view::answer(global.json, &fare, view::fare::show);
        Ok(success_if(fare.is_over()))
    }
}
