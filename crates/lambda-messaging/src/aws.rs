//! The configuration of a function's AWS clients. Before its first message a function does only what that message needs.

mod endpoints;

use std::{env, ffi::OsString, fs, time::Duration};

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    meta::region::ProvideRegion,
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tracing::error;

/// Reads region, credentials and endpoints from the environment, where Lambda sets them for the life of the process.
/// `aws_config`'s default chain would also look for them in files and on other machines.
pub async fn config() -> SdkConfig {
    let region = EnvironmentVariableRegionProvider::new().region().await;
    if region.is_none() {
        error!("AWS_REGION is missing, so no call to AWS can be made");
    }
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .http_client(http_client(IDLE_TIMEOUT))
        .timeout_config(timeouts())
        .retry_config(
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)),
        );
    endpoints::configure(&mut config, |name| env::var(name).ok());
    config.build()
}

/// A copy of the configuration without retries, and with this timeout. When an answer is late, a retry by the client would repeat a
/// call that can't be undone; when AWS throttles, it would triple the load.
pub fn without_retries(config: &SdkConfig, timeout: Duration) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(timeout)
        .operation_timeout(timeout);
    config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build()
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A call that hangs must end well before the function does, so that the function can report it.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(7))
        .build()
}

/// The time after which an idle connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// AWS keeps an idle connection much longer, so it never closes one just as a request is sent. Without retries that request would
/// fail, and its outcome would be unknown.
const IDLE_TIMEOUT_WITHOUT_RETRIES: Duration = Duration::from_secs(4);

/// The HTTP client of clients without retries.
pub fn http_client_without_retries() -> SharedHttpClient {
    http_client(IDLE_TIMEOUT_WITHOUT_RETRIES)
}

/// An HTTP client. All AWS clients that use it share its connections.
fn http_client(idle_timeout: Duration) -> SharedHttpClient {
    let tls = TlsContext::builder().with_trust_store(trust_store(env::var_os("AWS_CA_BUNDLE"))).build();
    aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(idle_timeout)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        // Building can't fail today. If it ever does, the machine's own roots take over.
        .tls_context(tls.unwrap_or_default())
        .build_https()
}

/// The roots of AWS's certificates. They are part of the program: the machine keeps them among more than a hundred others, and
/// reading all of those took longer than everything else before the first message.
const AMAZON: &[u8] = include_bytes!("amazon-roots.pem");

/// Amazon's roots, or those of the file that `AWS_CA_BUNDLE` names, as in AWS's other tools and SDKs. If the file can't be read, no
/// server is trusted.
fn trust_store(bundle: Option<OsString>) -> TrustStore {
    let empty = TrustStore::empty();
    match bundle.filter(|path| !path.is_empty()).map_or_else(|| Ok(AMAZON.to_vec()), fs::read) {
        Ok(roots) => empty.with_pem_certificate(roots),
        Err(error) => {
            error!(%error, "AWS_CA_BUNDLE can't be read, so no server is trusted");
            empty
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_http_client::Connector;

    use super::*;

    fn connector(trust_store: TrustStore) -> Connector {
        let tls = TlsContext::builder().with_trust_store(trust_store).build().unwrap();
        Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build()
    }

    #[test]
    fn every_root_of_amazon_is_there_and_can_be_read() {
        let roots = str::from_utf8(AMAZON).unwrap();
        assert_eq!(roots.matches("BEGIN CERTIFICATE").count(), 5);
        // It panics at a certificate that it can't read.
        connector(trust_store(None));
    }
}
