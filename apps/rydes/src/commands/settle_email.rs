//! `rydes settle-email`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use client::{Error, email};
use serde_json::json;

use crate::{global::Global, view};

/// Record the outcome of an e-mail that may have been sent
#[derive(Debug, Args)]
pub struct SettleEmail {
    /// The id of the event that the e-mail is about
    event: String,
    /// The outcome
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    /// SES has taken it: it is not to be sent again
    Sent,
    /// It was never sent: once its dead letter is redriven, it is
    Unsent,
}

impl SettleEmail {
    /// Prints what to do with the dead letter.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let (outcome, advice) = match self.outcome {
            Outcome::Sent => (email::Outcome::Sent, "it counts as sent; its dead letter can be discarded"),
            Outcome::Unsent => (email::Outcome::Unsent, "it can be sent; redrive its dead letter"),
        };
        email::settle(&global.deployment().await?, &self.event, outcome).await?;
        view::answer(global.json, &json!({ "event": self.event }), |_| println!("{advice}"));
        Ok(ExitCode::SUCCESS)
    }
}
