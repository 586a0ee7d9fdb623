//! A call to AWS: its service, its operation, and what it asks.

use crate::connection::Message;

/// A request, and the call in it.
pub(crate) struct Call {
    pub(crate) message: Message,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The service that it is signed for.
    pub(crate) service: String,
    /// The operation that it names, or its method.
    pub(crate) operation: String,
}

impl Call {
    /// The call in a request, or none if its first line is no request's.
    pub(crate) fn new(message: Message) -> Option<Self> {
        let line = String::from_utf8_lossy(message.head.split(|byte| *byte == b'\r').next()?).into_owned();
        let mut parts = line.split(' ').map(str::to_owned);
        let (method, path) = (parts.next()?, parts.next()?);
        let service =
            message.header("authorization").as_deref().and_then(service_of).unwrap_or("nobody").to_owned();
        let operation = operation_of(&message).unwrap_or_else(|| method.clone());
        Some(Self { message, method, path, service, operation })
    }

    /// Its name, as in `dynamodb:PutItem`.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    pub(crate) fn is_json(&self) -> bool {
        self.message.header("content-type").is_some_and(|kind| kind.contains("x-amz-json"))
    }
}

/// The service in the scope of a credential, as in `Credential=AK/20261126/us-east-1/sns/aws4_request`.
fn service_of(authorization: &str) -> Option<&str> {
    let (_, scope) = authorization.split_once("credential=")?;
    let mut parts = scope.split([',', ' ']).next()?.split('/');
    let service = parts.nth(3)?;
    parts.next().filter(|end| *end == "aws4_request").map(|_| service)
}

/// The operation that a header names, or a form.
fn operation_of(message: &Message) -> Option<String> {
    if message.header("x-amz-target").is_some() {
        // Names of operations have capitals.
        let head = String::from_utf8_lossy(&message.head);
        let line = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("x-amz-target:"))?;
        return line.rsplit_once('.').map(|(_, operation)| operation.trim().to_owned());
    }
    let (_, action) = form_urlencoded::parse(&message.body).find(|(name, _)| name == "Action")?;
    let is_name = !action.is_empty() && action.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then(|| action.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str, headers: &str, body: &str) -> Call {
        let head = format!("{line} HTTP/1.1\r\n{headers}\r\n\r\n").into_bytes();
        Call::new(Message { head, body: body.as_bytes().to_vec() }).unwrap()
    }

    const SIGNED: &str = "Authorization: AWS4-HMAC-SHA256 Credential=AK/20261126/us-east-1/SERVICE/aws4_request, SignedHeaders=host";

    #[test]
    fn a_call_names_its_operation_in_a_header_or_in_a_form_or_is_known_by_its_method() {
        let headers = SIGNED.replace("SERVICE", "dynamodb") + "\r\nX-Amz-Target: DynamoDB_20120810.PutItem";
        assert_eq!(call("POST /", &headers, "{}").name(), "dynamodb:PutItem");
        let headers = SIGNED.replace("SERVICE", "sns");
        assert_eq!(call("POST /", &headers, "Version=1&Action=PublishBatch&a=b").name(), "sns:PublishBatch");
        let headers = SIGNED.replace("SERVICE", "s3");
        assert_eq!(call("PUT /lake/1", &headers, "Action").name(), "s3:PUT");
        assert_eq!(call("POST /", "Host: h", "").name(), "nobody:POST");
    }
}
