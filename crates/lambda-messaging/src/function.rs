//! The start of every function: logging, settings, AWS configuration.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use crate::settings::{Setting, SettingsError};
use crate::{Service, aws, settings, telemetry};

/// A started function: it logs, reads its settings, and configures AWS clients.
#[derive(Debug)]
pub struct Function {
    service: Service,
    aws: SdkConfig,
    /// Called on demand: most functions never need the client.
    http_client_without_retries: Option<fn() -> SharedHttpClient>,
    setting: fn(&str) -> Option<String>,
}

impl Function {
    /// Starts logging as this service, and loads region, credentials and endpoint from the environment.
    pub async fn start(service: Service) -> Self {
        telemetry::start(service.name);
        Self {
            http_client_without_retries: Some(aws::http_client_without_retries),
            ..Self::new(service, aws::config().await, |name| std::env::var(name).ok())
        }
    }

    /// A function with this AWS configuration and these settings, independent of its environment: for tests.
    #[must_use]
    pub fn new(service: Service, aws: SdkConfig, setting: fn(&str) -> Option<String>) -> Self {
        Self { service, aws, http_client_without_retries: None, setting }
    }

    /// The service that the function belongs to.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The configuration of AWS clients.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    /// The configuration of AWS clients that don't retry, with this timeout for each call.
    #[must_use]
    pub fn aws_without_retries(&self, timeout: Duration) -> SdkConfig {
        let config = aws::without_retries(&self.aws, timeout);
        match self.http_client_without_retries {
            Some(http_client) => config.into_builder().http_client(http_client()).build(),
            None => config,
        }
    }

    /// The values of these settings, or an error that names all that are missing.
    pub fn settings<const N: usize>(&self, settings: [Setting; N]) -> Result<[String; N], SettingsError> {
        settings::read(settings, self.setting)
    }
}
