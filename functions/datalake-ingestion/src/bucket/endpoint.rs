//! The address of a bucket.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// An address, and the start of each object's path there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub url: String,
    pub folder: String,
}

impl Endpoint {
    /// A configured endpoint (an emulator, a VPC endpoint) has no host name for each bucket, so there the bucket stands in the path.
    pub(super) fn of(aws: &SdkConfig, bucket: &str, suffix: &str) -> Self {
        configured(aws).map_or_else(
            || Self { url: format!("https://{bucket}.{}", host(aws, suffix)), folder: String::new() },
            |url| Self { url, folder: format!("/{bucket}") },
        )
    }
}

/// The endpoint of S3 alone, or else that of all services.
fn configured(aws: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = aws.service_config().zip(key.build().ok()).and_then(|(config, key)| config.load_config(key));
    own.or_else(|| aws.endpoint_url().map(str::to_owned))
}

/// The host of S3 in the region, by the names in AWS's General Reference. Its suffix is that of the partition.
fn host(aws: &SdkConfig, suffix: &str) -> String {
    let region = aws.region().map_or("us-east-1", AsRef::as_ref);
    let fips = if aws.use_fips() == Some(true) { "-fips" } else { "" };
    let dual_stack = if aws.use_dual_stack() == Some(true) { ".dualstack" } else { "" };
    format!("s3{fips}{dual_stack}.{region}.{suffix}")
}
