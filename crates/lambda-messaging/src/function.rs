//! What every function's `main` does first.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use crate::settings::{Setting, SettingsError};
use crate::{Service, aws, settings, telemetry};

/// A starting function: it logs, knows its settings, and can make AWS clients.
#[derive(Debug)]
pub struct Function {
    service: Service,
    aws: SdkConfig,
    /// Made when it is needed: most functions don't.
    http_client_for_one_try: Option<fn() -> SharedHttpClient>,
    setting: fn(&str) -> Option<String>,
}

impl Function {
    /// Starts logging as this service, and loads region, credentials and endpoint from the environment.
    pub async fn start(service: Service) -> Self {
        telemetry::start(service.name);
        Self {
            http_client_for_one_try: Some(aws::http_client_for_one_try),
            ..Self::new(service, aws::config().await, |name| std::env::var(name).ok())
        }
    }

    /// A function that calls this AWS and finds these settings, whatever its environment is: a test's.
    #[must_use]
    pub fn new(service: Service, aws: SdkConfig, setting: fn(&str) -> Option<String>) -> Self {
        Self { service, aws, http_client_for_one_try: None, setting }
    }

    /// The service that the function belongs to.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// What AWS clients are made from.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    /// The same for clients whose calls are made once, and wait so long for their answer.
    #[must_use]
    pub fn aws_tried_once(&self, patience: Duration) -> SdkConfig {
        let config = aws::tried_once(&self.aws, patience);
        match self.http_client_for_one_try {
            Some(http_client) => config.into_builder().http_client(http_client()).build(),
            None => config,
        }
    }

    /// The values of these settings, or an error that names all that are missing.
    pub fn settings<const N: usize>(&self, settings: [Setting; N]) -> Result<[String; N], SettingsError> {
        settings::read(settings, self.setting)
    }
}
