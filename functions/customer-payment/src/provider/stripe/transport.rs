//! HTTP to Stripe, with the client that the function also uses for AWS. The client of `async-stripe` would be a second one, and its error
//! types would make the program half as large again.

use std::time::Duration;

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorSettings},
        orchestrator::HttpRequest,
        result::ConnectorError,
    },
    http::HttpError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use stripe_client_core::{RequestBuilder, StripeMethod, VERSION};

use super::StripeSetupError;

const STRIPE: &str = "https://api.stripe.com";

/// The time to connect. It is enough for one lost packet. The deadline bounds the time of the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The server, and the credentials to call it.
pub(super) struct Transport {
    connector: Connector,
    url: String,
    authorization: String,
}

/// An answer of any status.
pub(super) struct Answer {
    pub status: u16,
    /// True if an earlier call with the same key had got this answer.
    pub is_replay: bool,
    pub body: Vec<u8>,
}

impl Transport {
    /// A transport to this base URL, or else to Stripe's. The key must be valid as a header's value.
    pub(super) fn new(key: &str, url: Option<&str>) -> Result<Self, StripeSetupError> {
        let url = url.unwrap_or(STRIPE).to_owned();
        let accepted = HttpRequest::empty().uri_mut().set_endpoint(&url);
        accepted.map_err(|_| StripeSetupError::InvalidUrl)?;
        let connector = Connector::builder()
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build())
            // No connection is kept for the next call: it could be closed unnoticed while the function is frozen, and a call is
            // not retried.
            .pool_max_idle_per_host(0)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        Ok(Self { connector, url, authorization: format!("Bearer {key}") })
    }

    /// Sends a request, once.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        key: Option<&str>,
    ) -> Result<Answer, ConnectorError> {
        let request = self.request(request, key).map_err(|error| ConnectorError::user(error.into()))?;
        let response = self.connector.call(request).await?;
        let status = response.status().as_u16();
        let is_replay = response.headers().get("idempotent-replayed") == Some("true");
        let body = ByteStream::new(response.into_body()).collect().await;
        let body = body.map_err(|error| ConnectorError::io(error.into()))?;
        Ok(Answer { status, is_replay, body: body.to_vec() })
    }

    fn request(&self, request: RequestBuilder, key: Option<&str>) -> Result<HttpRequest, HttpError> {
        let RequestBuilder { method, path, query, body } = request;
        let path = format!("/v1{path}");
        let is_form = body.is_some();
        let mut request = HttpRequest::new(body.map_or_else(SdkBody::empty, SdkBody::from));
        request.set_method(match method {
            StripeMethod::Get => "GET",
            StripeMethod::Post => "POST",
            StripeMethod::Delete => "DELETE",
        })?;
        request.set_uri(query.map_or_else(|| path.clone(), |query| format!("{path}?{query}")))?;
        request.uri_mut().set_endpoint(&self.url)?;
        let headers = request.headers_mut();
        headers.try_insert("authorization", self.authorization.clone())?;
        headers.try_insert("stripe-version", VERSION.as_str())?;
        headers.try_insert("user-agent", concat!("wild-rydes/", env!("CARGO_PKG_VERSION")))?;
        if is_form {
            headers.try_insert("content-type", "application/x-www-form-urlencoded")?;
        }
        if let Some(key) = key {
            headers.try_insert("idempotency-key", key.to_owned())?;
        }
        Ok(request)
    }
}
