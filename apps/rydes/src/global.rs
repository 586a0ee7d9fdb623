//! Options that every command has.

use clap::Args;
use client::{Deployment, Error};

/// The deployment to work on, and the form of the answer.
#[derive(Debug, Args)]
pub struct Global {
    /// The stage of the deployment
    #[arg(long, global = true, env = "STAGE", default_value = "local")]
    stage: String,
    /// Print JSON, for other programs to read
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// Finds the deployment.
    pub async fn deployment(&self) -> Result<Deployment, Error> {
        Deployment::find(&self.stage).await
    }
}
