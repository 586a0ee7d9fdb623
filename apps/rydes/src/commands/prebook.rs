//! `rydes prebook`

use std::process::ExitCode;

use clap::Args;
use client::{
    Error,
    prebooking::{self, Prebooking},
};

use crate::{global::Global, view};

/// Book a ride ahead, as the Customer App does
#[derive(Debug, Args)]
pub struct Prebook {
    /// Place where the ride starts
    #[arg(long, default_value = "Berlin")]
    from: String,
    /// Place where it ends
    #[arg(long, default_value = "Bonn")]
    to: String,
    /// Time when it starts, as in 2027-05-01T09:30:00Z [default: this time tomorrow]
    #[arg(long)]
    when: Option<String>,
    /// The customer who wants to ride
    #[arg(long, default_value = "cmr")]
    customer: String,
    /// Makes sending the same prebooking again harmless, with the same --when; made up if not given
    #[arg(long)]
    idempotency_key: Option<String>,
}

impl Prebook {
    /// Prints the prebooking's id.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { from, to, when, customer, idempotency_key } = self;
        let booking = Prebooking { from, to, when, customer };
        let id = prebooking::submit(&global.deployment().await?, &booking, idempotency_key).await?;
        view::id(global.json, &id);
        Ok(ExitCode::SUCCESS)
    }
}
