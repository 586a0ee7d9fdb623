//! `rydes remove-contact`

use std::process::ExitCode;

use clap::Args;
use client::{Error, contact};
use serde_json::json;

use crate::{global::Global, view};

/// Remove a customer's e-mail address from the file
#[derive(Debug, Args)]
pub struct RemoveContact {
    /// The customer
    customer: String,
}

impl RemoveContact {
    /// Prints the customer, whether or not there was an address.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { customer } = self;
        contact::remove(&global.deployment().await?, &customer).await?;
        view::answer(global.json, &json!({ "customer": customer }), |_| {
            println!("no address of {customer} is on file");
        });
        Ok(ExitCode::SUCCESS)
    }
}
