//! What a function's AWS clients are made from. Before its first message a function does only what that message needs:
//! see `docs/performance.md`.

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

/// Region, credentials and an emulator's endpoint, from the environment alone: that is where Lambda says them, once for
/// the life of the process. `aws_config`'s default chain would look for them in files and at other machines, too.
pub async fn config() -> SdkConfig {
    let region = EnvironmentVariableRegionProvider::new().region().await;
    if region.is_none() {
        error!("AWS_REGION is missing, so no call to AWS can be made");
    }
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .http_client(http_client(KEPT))
        .timeout_config(timeouts())
        .retry_config(
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)),
        );
    config.set_endpoint_url(env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty()));
    config.build()
}

/// The same for calls that are made once, and that an answer is waited for so long. With the client's own second try, what
/// can't be undone would be done twice when an answer is late, and what is throttled would be asked for three times.
pub fn tried_once(config: &SdkConfig, patience: Duration) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECTED_WITHIN)
        .operation_attempt_timeout(patience)
        .operation_timeout(patience);
    config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build()
}

const CONNECTED_WITHIN: Duration = Duration::from_secs(1);

/// A call that hangs must end well before the function does: its caller, or the queue, then hears about it.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECTED_WITHIN)
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(7))
        .build()
}

/// How long connections are kept that nothing goes through.
const KEPT: Duration = Duration::from_secs(90);
/// So much shorter than AWS keeps them that it closes none of them just when something is sent: a call that is made once
/// would have to be given up then, and nobody would know whether it had arrived.
const KEPT_FOR_ONE_TRY: Duration = Duration::from_secs(4);

/// For clients whose calls are tried once.
pub fn http_client_for_one_try() -> SharedHttpClient {
    http_client(KEPT_FOR_ONE_TRY)
}

/// The clients that are made from it share its connections.
fn http_client(kept: Duration) -> SharedHttpClient {
    let tls = TlsContext::builder().with_trust_store(trusted(env::var_os("AWS_CA_BUNDLE"))).build();
    aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(kept)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        // Building can't fail so far. If it ever does, the machine's own roots are as good.
        .tls_context(tls.unwrap_or_default())
        .build_https()
}

/// What AWS's certificates lead to. They stand in the program, because the machine keeps them among more than a hundred
/// others, and reading all of those took longer than everything else before the first message.
const AMAZON: &[u8] = include_bytes!("amazon-roots.pem");

/// Amazon's roots; or in their place those of a file, as AWS's other tools and SDKs have it. If it can't be read, nobody
/// is trusted.
fn trusted(bundle: Option<OsString>) -> TrustStore {
    let nobody = TrustStore::empty();
    match bundle.filter(|path| !path.is_empty()).map_or_else(|| Ok(AMAZON.to_vec()), fs::read) {
        Ok(roots) => nobody.with_pem_certificate(roots),
        Err(error) => {
            error!(%error, "AWS_CA_BUNDLE can't be read, so no server is trusted");
            nobody
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_http_client::Connector;

    use super::*;

    fn connector(trusted: TrustStore) -> Connector {
        let tls = TlsContext::builder().with_trust_store(trusted).build().unwrap();
        Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build()
    }

    #[test]
    fn every_root_of_amazon_is_there_and_can_be_read() {
        let roots = str::from_utf8(AMAZON).unwrap();
        assert_eq!(roots.matches("BEGIN CERTIFICATE").count(), 5);
        // It panics at a certificate that it can't read.
        connector(trusted(None));
    }
}
