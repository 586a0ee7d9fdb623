//! `rydes complete-ride`

use std::process::ExitCode;

use clap::Args;
use client::{
    Error,
    ride::{self, CompletedRide},
};

use crate::{global::Global, view};

/// Submit a completed ride, as the Unicorn Management App does
#[derive(Debug, Args)]
pub struct CompleteRide {
    /// Place where the ride started
    #[arg(long, default_value = "Berlin")]
    from: String,
    /// Place where it ended
    #[arg(long, default_value = "Frankfurt")]
    to: String,
    /// Duration in minutes
    #[arg(long, default_value = "420", allow_hyphen_values = true)]
    duration: String,
    /// Distance in kilometres
    #[arg(long, default_value = "600", allow_hyphen_values = true)]
    distance: String,
    /// The customer who rode
    #[arg(long, default_value = "cmr")]
    customer: String,
    /// The fare, in the deployment's currency
    #[arg(long, default_value = "256.50", allow_hyphen_values = true)]
    fare: String,
    /// Makes sending the same ride again harmless; made up if not given
    #[arg(long)]
    idempotency_key: Option<String>,
}

impl CompleteRide {
    /// Prints the ride's id.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { from, to, duration, distance, customer, fare, idempotency_key } = self;
        let ride = CompletedRide { from, to, duration, distance, customer, fare };
        let id = ride::complete(&global.deployment().await?, &ride, idempotency_key).await?;
        view::id(global.json, &id);
        Ok(ExitCode::SUCCESS)
    }
}
