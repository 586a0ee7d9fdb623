//! The choice of AWS's endpoints, by the environment variables that AWS's tools and SDKs have in common.

use aws_types::{
    sdk_config::Builder,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};

/// Returns the value of an environment variable.
pub(super) type Lookup = fn(&str) -> Option<String>;

/// Sets the endpoint that `AWS_ENDPOINT_URL` names for all services, those that `AWS_ENDPOINT_URL_<SERVICE>` names for one each, and
/// the variants of AWS's own endpoints: FIPS and dual-stack. Only variables are read, so this takes no time at a cold start.
pub(super) fn configure(config: &mut Builder, lookup: Lookup) {
    let is_true = |name| lookup(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    config.set_use_fips(Some(is_true("AWS_USE_FIPS_ENDPOINT")));
    config.set_use_dual_stack(Some(is_true("AWS_USE_DUALSTACK_ENDPOINT")));
    if !is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        config.set_endpoint_url(lookup("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()));
        config.set_service_config(Some(ServiceEndpoints(lookup)));
    }
}

/// The endpoints of single services. A client asks when it is made.
#[derive(Debug)]
struct ServiceEndpoints(Lookup);

impl LoadServiceConfig for ServiceEndpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        (self.0)(&format!("{}_{service}", key.env())).filter(|url| !url.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_smithy_http_client::test_util::capture_request;

    use super::*;

    /// The host that a client of DynamoDB calls.
    async fn host(lookup: Lookup) -> String {
        let (http, request) = capture_request(None);
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http);
        configure(&mut config, lookup);
        // The answer is empty. The request is what counts.
        let _ = aws_sdk_dynamodb::Client::new(&config.build()).list_tables().send().await;
        let uri = request.expect_request().uri().to_owned();
        uri.split('/').nth(2).unwrap_or_default().to_owned()
    }

    const OWN: &str = "AWS_ENDPOINT_URL_DYNAMODB";

    #[tokio::test]
    async fn each_standard_variable_chooses_the_endpoint() {
        assert_eq!(host(|_| None).await, "dynamodb.us-east-1.amazonaws.com");
        assert_eq!(host(fips).await, "dynamodb-fips.us-east-1.amazonaws.com");
        assert_eq!(host(dual_stack).await, "dynamodb.us-east-1.api.aws");
        assert_eq!(host(of_all_services).await, "all:1");
        assert_eq!(host(of_dynamodb).await, "dynamodb:2", "a service's own comes before that of all");
        assert_eq!(host(of_another_service).await, "all:1");
        assert_eq!(host(ignored).await, "dynamodb.us-east-1.amazonaws.com");
        assert_eq!(
            host(|_| Some(String::new())).await,
            "dynamodb.us-east-1.amazonaws.com",
            "empty is not set"
        );
    }

    fn fips(name: &str) -> Option<String> {
        (name == "AWS_USE_FIPS_ENDPOINT").then(|| "true".to_owned())
    }

    fn dual_stack(name: &str) -> Option<String> {
        (name == "AWS_USE_DUALSTACK_ENDPOINT").then(|| "True".to_owned())
    }

    fn of_all_services(name: &str) -> Option<String> {
        (name == "AWS_ENDPOINT_URL").then(|| "http://all:1".to_owned())
    }

    fn of_dynamodb(name: &str) -> Option<String> {
        (name == OWN).then(|| "http://dynamodb:2".to_owned()).or_else(|| of_all_services(name))
    }

    fn of_another_service(name: &str) -> Option<String> {
        (name == "AWS_ENDPOINT_URL_SQS").then(|| "http://sqs:3".to_owned()).or_else(|| of_all_services(name))
    }

    fn ignored(name: &str) -> Option<String> {
        (name == "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .then(|| "true".to_owned())
            .or_else(|| of_dynamodb(name))
    }
}
