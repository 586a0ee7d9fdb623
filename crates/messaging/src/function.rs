//! What every function's `main` does first.

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

pub use crate::settings::{Setting, SettingsError};
use crate::{settings, telemetry};

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
        Self::new(service, aws().await, |name| std::env::var(name).ok())
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

/// A call that hangs must end well before the function does: its caller, or the queue, then hears about it.
async fn aws() -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(7))
        .build();
    let client = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(client.build_https())
        .timeout_config(timeouts)
        .retry_config(
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)),
        )
        .load()
        .await
}
