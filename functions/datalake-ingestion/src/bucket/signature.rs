//! The signature of requests to S3.

use aws_config::SdkConfig;
use aws_runtime::auth::{
    SigV4OperationSigningConfig, SigningOptions,
    sigv4::{SCHEME_ID, SigV4AuthScheme},
};
use aws_smithy_runtime_api::client::{
    auth::{
        AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
        static_resolver::StaticAuthSchemeOptionResolver,
    },
    identity::SharedIdentityResolver,
    runtime_components::RuntimeComponentsBuilder,
    runtime_plugin::StaticRuntimePlugin,
};
use aws_smithy_types::config_bag::Layer;
use aws_types::{SigningName, region::SigningRegion};

/// Signs each request with the configuration's credentials.
pub(super) fn of(aws: &SdkConfig) -> StaticRuntimePlugin {
    let mut config = Layer::new("signature");
    config.store_put(AuthSchemeOptionResolverParams::new(()));
    config.store_put(SigV4OperationSigningConfig {
        region: aws.region().cloned().map(SigningRegion::from),
        region_set: None,
        name: Some(SigningName::from_static("s3")),
        signing_options: options(),
    });
    let mut components = RuntimeComponentsBuilder::new("signature");
    components.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
        StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
    )));
    components.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
    if let Some(credentials) = aws.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    StaticRuntimePlugin::new().with_config(config.freeze()).with_runtime_components(components)
}

/// S3 differs from other services: it signs a path as it stands in the request, and wants the body's hash in a header.
fn options() -> SigningOptions {
    let mut options = SigningOptions::default();
    options.double_uri_encode = false;
    options.normalize_uri_path = false;
    options.content_sha256_header = true;
    options
}
