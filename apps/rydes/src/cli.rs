//! The definition of the command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use client::Error;

use crate::{
    commands::{
        add_contact::AddContact, audit::Audit, campaign::Campaign, complete_ride::CompleteRide,
        console::Console, cost::Cost, dlq::Dlq, fare::Fare, load::Load, logs::Logs, plan::Plan,
        prebook::Prebook, remove_contact::RemoveContact, request_quotes::RequestQuotes,
        settle_email::SettleEmail, status::Status, trace::Trace,
    },
    exit,
    global::Global,
};

/// The command-line client of Wild Rydes, for what its apps do and for its operators.
///
/// Works the same on AWS and on the local emulator (`. .local/stack.env`): it finds region, credentials and endpoint as every AWS tool
/// does.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    CompleteRide(CompleteRide),
    Prebook(Prebook),
    Campaign(Campaign),
    RequestQuotes(RequestQuotes),
    Trace(Trace),
    Fare(Fare),
    Logs(Logs),
    Audit(Audit),
    #[command(subcommand)]
    Dlq(Dlq),
    Status(Status),
    Console(Console),
    SettleEmail(SettleEmail),
    AddContact(AddContact),
    RemoveContact(RemoveContact),
    Load(Load),
    Cost(Cost),
    Plan(Plan),
}

/// Runs the command that was typed.
#[tokio::main]
pub async fn run() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    command.run(&global).await.unwrap_or_else(|error| exit::failure(global.json, &error))
}

impl Command {
    async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        match self {
            Self::CompleteRide(command) => command.run(global).await,
            Self::Prebook(command) => command.run(global).await,
            Self::Campaign(command) => command.run(global).await,
            Self::RequestQuotes(command) => command.run(global).await,
            Self::Trace(command) => command.run(global).await,
            Self::Fare(command) => command.run(global).await,
            Self::Logs(command) => command.run(global).await,
            Self::Audit(command) => command.run(global).await,
            Self::Dlq(command) => command.run(global).await,
            Self::Status(command) => command.run(global).await,
            Self::Console(command) => command.run(global).await,
            Self::SettleEmail(command) => command.run(global).await,
            Self::AddContact(command) => command.run(global).await,
            Self::RemoveContact(command) => command.run(global).await,
            Self::Load(command) => command.run(global).await,
            Self::Cost(command) => command.run(global),
            Self::Plan(command) => command.run(global),
        }
    }
}
