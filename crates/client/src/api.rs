//! Requests to the deployment's REST APIs, signed with SigV4.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use reqwest::{Client, Method, header::RETRY_AFTER};
use serde_json::Value;

use crate::{
    credentials::CachedCredentials,
    deployment::Deployment,
    error::{Error, root_cause},
};

/// API Gateway gives up after half a minute. An emulator that starts a container for a request may need longer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(90);

/// The number of times that a request is sent if the API says that a retry helps.
const ATTEMPTS: u32 = 4;

/// One of a deployment's APIs, and the credentials of its caller.
#[derive(Debug)]
pub struct Api {
    http: Client,
    url: String,
    region: String,
    credentials: Option<CachedCredentials>,
}

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: String,
    /// The seconds after which another try makes sense, if the API said so.
    pub retry_after: Option<u64>,
    /// The body; a JSON string if it was no JSON.
    pub body: Value,
}

impl Api {
    /// The API of a service, called with the deployment's own credentials.
    pub async fn from_deployment(deployment: &Deployment, service: &str) -> Result<Self, Error> {
        let aws = deployment.aws();
        let credentials = CachedCredentials::new(aws.credentials_provider().ok_or(Error::NoCredentials)?);
        // Missing credentials should be reported now, and not at every request.
        credentials.current().await?;
        let mut api = Self::anonymous(deployment, service)?;
        api.credentials = Some(credentials);
        Ok(api)
    }

    /// The same API, called without a signature.
    pub fn anonymous(deployment: &Deployment, service: &str) -> Result<Self, Error> {
        let url = url(deployment, service)?;
        let region = deployment.aws().region().ok_or(Error::NoRegion)?.to_string();
        // No other provider may be chosen by a dependency; the second of two identical choices is ignored.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().timeout(ANSWERED_WITHIN).build();
        let http = http.map_err(|error| Error::Unexpected(root_cause(&error)))?;
        Ok(Self { http, url, region, credentials: None })
    }

    /// Posts a JSON text as it is.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer, Error> {
        let mut all = vec![("content-type", "application/json")];
        for header in headers {
            all.retain(|(name, _)| !name.eq_ignore_ascii_case(header.0));
            all.push(*header);
        }
        self.send(Method::POST, path, &all, body).await
    }

    /// Posts a request until it is accepted, and returns the id in this field of the answer. If the API says that a retry helps, it retries
    /// with the same key. Without a given key it makes one up.
    pub async fn submit(
        &self,
        path: &str,
        key: Option<String>,
        body: &str,
        id: &str,
    ) -> Result<String, Error> {
        let key = key.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        let mut attempt = 1;
        loop {
            match self.post(path, &[("idempotency-key", &key)], body).await? {
                Answer { status: 201 | 202, body, .. } => {
                    let id = body.get(id).and_then(Value::as_str).map(str::to_owned);
                    return id.ok_or_else(|| Error::Unexpected(body.to_string()));
                }
                Answer { status: 429 | 503, retry_after, .. } if attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_secs(retry_after.unwrap_or(1).min(30))).await;
                    attempt += 1;
                }
                Answer { status, body, .. } => return Err(Error::Refused { status, problem: body }),
            }
        }
    }

    /// Gets the resource at a path; none if there is none.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Error> {
        match self.get(path, &[]).await? {
            Answer { status: 200, body, .. } => Ok(Some(body)),
            Answer { status: 404, .. } => Ok(None),
            Answer { status, body, .. } => Err(Error::Refused { status, problem: body }),
        }
    }

    /// Gets what is at a path.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer, Error> {
        self.send(Method::GET, path, headers, "").await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, Error> {
        let url = format!("{}{path}", self.url);
        let mut request = self.http.request(method.clone(), &url).body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(credentials) = &self.credentials {
            let credentials = credentials.current().await?;
            for (name, value) in self.signature(credentials, &method, &url, headers, body)? {
                request = request.header(name, value);
            }
        }
        let unreachable =
            |error: reqwest::Error| Error::Unreachable { call: url.clone(), reason: root_cause(&error) };
        let response = request.send().await.map_err(unreachable)?;
        let header =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (status, content_type) =
            (response.status().as_u16(), header(reqwest::header::CONTENT_TYPE).to_owned());
        let retry_after = header(RETRY_AFTER).parse().ok();
        let text = response.text().await.map_err(unreachable)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, content_type, retry_after, body })
    }

    fn signature(
        &self,
        credentials: Credentials,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let identity = Identity::from(credentials);
        let unsignable =
            |error: &dyn std::error::Error| Error::Usage(format!("can't be signed: {}", root_cause(error)));
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsignable(&error))?;
        let signable = SignableRequest::new(
            method.as_str(),
            url,
            headers.iter().copied(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| unsignable(&error))?;
        let (instructions, _) =
            sign(signable, &parameters.into()).map_err(|error| unsignable(&error))?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// The base URL of a service's API: a host of its own on AWS, a path on the emulators.
pub fn url(deployment: &Deployment, service: &str) -> Result<String, Error> {
    let Some(endpoint) = deployment.aws().endpoint_url() else {
        // Its host ends otherwise in China, which CloudFormation knows.
        return Ok(deployment.output(service, "ApiUrl")?.to_owned());
    };
    let (id, stage) = (deployment.output(service, "ApiId")?, deployment.output(service, "ApiStage")?);
    Ok(format!("{}/restapis/{id}/{stage}/_user_request_", endpoint.trim_end_matches('/')))
}
