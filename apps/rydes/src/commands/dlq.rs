//! `rydes dlq`

mod discard;
mod list;
mod redrive;
mod show;

use std::process::ExitCode;

use clap::Subcommand;
use client::Error;

use self::{discard::Discard, list::List, redrive::Redrive, show::Show};
use crate::global::Global;

/// Look at dead letters, put them back, or delete them
#[derive(Debug, Subcommand)]
pub enum Dlq {
    List(List),
    Show(Show),
    Redrive(Redrive),
    Discard(Discard),
}

impl Dlq {
    /// Runs the command behind it.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        match self {
            Self::List(command) => command.run(global).await,
            Self::Show(command) => command.run(global).await,
            Self::Redrive(command) => command.run(global).await,
            Self::Discard(command) => command.run(global).await,
        }
    }
}
