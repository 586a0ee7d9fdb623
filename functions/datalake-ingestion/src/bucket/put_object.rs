//! S3's `PutObject`: its request, and its answer.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError},
};
use aws_smithy_types::{
    base64,
    body::SdkBody,
    error::{ErrorMetadata, metadata::ProvideErrorMetadata},
};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// An object on its way to S3.
#[derive(Debug)]
pub(super) struct Object {
    pub path: String,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// S3 has refused an object.
#[derive(Debug, Error)]
#[error("S3 has refused the object: {0}")]
pub(super) struct Refusal(ErrorMetadata);

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// The request. S3 compares the body with its checksum, keeps the checksum with the object, and refuses a body that was damaged on
/// its way.
pub(super) fn request(object: Object) -> Result<HttpRequest, BoxError> {
    let checksum = base64::encode(Sha256::digest(&object.body));
    let length = object.body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(object.body));
    request.set_method("PUT")?;
    request.set_uri(object.path)?;
    let headers = request.headers_mut();
    headers.insert("content-length", length);
    headers.insert("content-type", object.content_type);
    headers.insert("x-amz-checksum-sha256", checksum);
    headers.insert("x-amz-sdk-checksum-algorithm", "SHA256");
    Ok(request)
}

/// The answer: nothing, or a refusal with S3's code.
pub(super) fn answer(response: &HttpResponse) -> Result<(), OrchestratorError<Refusal>> {
    if response.status().is_success() {
        return Ok(());
    }
    let body = str::from_utf8(response.body().bytes().unwrap_or_default()).unwrap_or_default();
    let mut error = ErrorMetadata::builder();
    if let Some(code) = element(body, "Code") {
        error = error.code(code);
    }
    if let Some(message) = element(body, "Message") {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(Refusal(error.build())))
}

/// The text of the first element of this name. S3's codes have no characters that XML escapes.
fn element(document: &str, name: &str) -> Option<String> {
    let (_, from) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = from.split_once(&format!("</{name}>"))?;
    Some(text.to_owned())
}
