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

/// Look at what could not be handled, put it back, or throw it away
#[derive(Debug, Subcommand)]
pub enum Dlq {
    List(List),
    Show(Show),
    Redrive(Redrive),
    Discard(Discard),
}

impl Dlq {
    /// Does what was typed behind it.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        match self {
            Self::List(command) => command.run(global).await,
            Self::Show(command) => command.run(global).await,
            Self::Redrive(command) => command.run(global).await,
            Self::Discard(command) => command.run(global).await,
        }
    }
}
