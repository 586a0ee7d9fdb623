//! `rydes fare settle-dispute`

use std::process::ExitCode;

use clap::Args;
use client::{Error, dispute};
use serde_json::json;

use crate::{global::Global, view};

/// Take a fare's dispute, once it is answered, out of the review queue
#[derive(Debug, Args)]
pub struct SettleDispute {
    /// The ride's id
    id: String,
}

impl SettleDispute {
    /// Fails if the review queue has no message about a dispute of the fare.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        dispute::settle(&global.deployment().await?, &self.id).await?;
        view::answer(global.json, &json!({ "fare": self.id }), |_| {
            println!("the dispute is removed from the review queue; the payment's record keeps it");
        });
        Ok(ExitCode::SUCCESS)
    }
}
