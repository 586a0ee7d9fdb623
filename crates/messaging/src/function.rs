//! What every function's `main` does first.

use aws_config::SdkConfig;

pub use crate::settings::{Setting, SettingsError};
use crate::{aws, settings, telemetry};

/// A starting function: it logs, knows its settings, and can make AWS clients.
#[derive(Debug)]
pub struct Function {
    service: &'static str,
    aws: SdkConfig,
    setting: fn(&str) -> Option<String>,
}

impl Function {
    /// Starts logging as `service` and loads region, credentials and endpoint from the environment.
    pub async fn start(service: &'static str) -> Self {
        telemetry::start(service);
        Self::new(service, aws::config().await, |name| std::env::var(name).ok())
    }

    /// A function that calls this AWS and finds these settings, whatever its environment is: a test's.
    #[must_use]
    pub fn new(service: &'static str, aws: SdkConfig, setting: fn(&str) -> Option<String>) -> Self {
        Self { service, aws, setting }
    }

    /// The service that the function belongs to.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// What AWS clients are made from.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    /// The values of these settings, or an error that names all that are missing.
    pub fn settings<const N: usize>(&self, settings: [Setting; N]) -> Result<[String; N], SettingsError> {
        settings::read(settings, self.setting)
    }
}
