//! The start of every function: logging, settings, AWS configuration.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use crate::settings::{Setting, SettingsError};
use crate::{Service, aws, settings, telemetry};

/// A started function: it logs, reads its settings, and configures AWS clients.
///
/// ```no_run
/// use std::time::Duration;
///
/// use lambda_messaging::{Function, Service};
/// use lambda_runtime::Error;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), Error> {
///     let function = Function::start(Service::new("Shop", "orders")).await;
///     let [table] = function.settings([("TABLE_NAME", "the table of orders")])?;
///     let orders = aws_sdk_dynamodb::Client::new(function.aws());
///     // A call that must not be made twice.
///     let invoices = aws_sdk_sqs::Client::new(&function.aws_without_retries(Duration::from_secs(2)));
///     println!("{:?} {table} {orders:?} {invoices:?}", function.service());
///     Ok(())
/// }
/// ```
///
/// Tests make one without an environment:
///
/// ```
/// use aws_config::SdkConfig;
/// use lambda_messaging::{Function, Service};
///
/// let setting = |name: &str| (name == "TABLE_NAME").then(|| "orders".to_owned());
/// let function = Function::new(Service::new("Shop", "orders"), SdkConfig::builder().build(), setting);
/// assert_eq!(function.settings([("TABLE_NAME", "the table of orders")]).unwrap(), ["orders"]);
/// ```
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
    ///
    /// | variable | effect |
    /// |---|---|
    /// | `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | region and credentials; Lambda sets them |
    /// | `AWS_LAMBDA_LOG_LEVEL`, or else `LOG_LEVEL` | the lowest level of the log lines; `INFO` without them |
    /// | `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_<SERVICE>` | the endpoint of all services, or of one: an emulator, a VPC endpoint |
    /// | `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT` | variants of AWS's own endpoints |
    /// | `AWS_CA_BUNDLE` | a file of certificates to trust instead of Amazon's roots, which are part of the program |
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
