//! A bucket of S3, and the one call that the data lake makes to it.
//!
//! The call runs on the runtime that all AWS clients have, which signs, retries and limits the time. S3's own client would make the
//! package a fourth larger: it brings the tables of every CRC, and the rules of every kind of bucket.

mod endpoint;
mod put_object;
mod signature;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_http::label::{EncodingStrategy, fmt_string};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use lambda_messaging::Failure;
use tracing::{Instrument, debug_span};

use endpoint::Endpoint;
use put_object::{Object, Refusal};

/// A bucket that objects can be put into.
#[derive(Debug)]
pub struct Bucket {
    put: Operation<Object, (), Refusal>,
    /// The start of each object's path.
    folder: String,
}

impl Bucket {
    /// The bucket of this name, at the endpoint and with the credentials, retries and timeouts of the configuration. The names of the
    /// partition's hosts end with the suffix.
    #[must_use]
    pub fn new(aws: &SdkConfig, name: &str, suffix: &str) -> Self {
        let Endpoint { url, folder } = Endpoint::of(aws, name, suffix);
        let timeouts = aws.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        let mut put = Operation::builder()
            .service_name("S3")
            .operation_name("PutObject")
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&url)
            .timeout_config(timeouts)
            .standard_retry(aws.retry_config().unwrap_or(&RetryConfig::standard()))
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .with_connection_poisoning()
            .runtime_plugin(signature::of(aws))
            .serializer(put_object::request)
            .deserializer(put_object::answer);
        if let Some(http) = aws.http_client() {
            put = put.http_client(http);
        }
        Self { put: put.build(), folder }
    }

    /// Puts these bytes under this key. An object that the key has already is replaced.
    ///
    /// # Errors
    /// As `Failure::aws` says.
    pub(crate) async fn put(
        &self,
        key: &str,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let path = format!("{}/{}", self.folder, fmt_string(key, EncodingStrategy::Greedy));
        // As AWS's own clients call their spans.
        let span = debug_span!("S3.PutObject");
        let put = self.put.invoke(Object { path, content_type, body }).instrument(span).await;
        put.map_err(|error| Failure::aws("s3:PutObject", &error))
    }
}

#[cfg(test)]
mod tests;
