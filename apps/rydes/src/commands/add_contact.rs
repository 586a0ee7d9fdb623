//! `rydes add-contact`

use std::process::ExitCode;

use clap::Args;
use client::{Error, contact};
use serde_json::json;

use crate::{global::Global, view};

/// Put a customer's e-mail address on file
#[derive(Debug, Args)]
pub struct AddContact {
    /// The customer
    customer: String,
    /// The e-mail address that receipts go to
    email: String,
}

impl AddContact {
    /// Prints the customer and the address.
    pub async fn run(self, global: &Global) -> Result<ExitCode, Error> {
        let Self { customer, email } = self;
        contact::add(&global.deployment().await?, &customer, &email).await?;
        view::answer(global.json, &json!({ "customer": customer }), |_| {
            println!("receipts for {customer} go to {email}");
        });
        Ok(ExitCode::SUCCESS)
    }
}
