//! Clients of a DynamoDB in memory, for tests.

use std::fmt::Debug;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig},
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tokio::time::Duration;

/// A DynamoDB that a test plays.
pub(crate) trait InMemory: Debug + Clone + Send + Sync + 'static {
    /// The status and the body with which it answers a call.
    fn answer(self, operation: String, call: Value) -> impl Future<Output = (u16, Value)> + Send;
}

/// A client that makes a failed call once more.
pub(crate) fn client(database: impl InMemory) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(3)).build();
    client_with(database, RetryConfig::standard().with_max_attempts(2), timeouts)
}

pub(crate) fn client_with(database: impl InMemory, retries: RetryConfig, timeouts: TimeoutConfig) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(retries)
        .timeout_config(timeouts)
        .http_client(Http(database));
    Client::from_conf(config.build())
}

/// The body of a refusal.
pub(crate) fn error(code: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}") })
}

#[derive(Debug, Clone)]
struct Http<T>(T);

impl<T: InMemory> HttpClient for Http<T> {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl<T: InMemory> HttpConnector for Http<T> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.0.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap();
            let operation = target.rsplit('.').next().unwrap().to_owned();
            let call = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let (status, answer) = database.answer(operation, call).await;
            Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(answer.to_string())))
        })
    }
}
