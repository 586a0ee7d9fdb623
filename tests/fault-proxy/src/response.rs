//! Responses of the proxy's own.

use std::fmt::Write;

use aws_quotas::Refusal;

use crate::{call::Call, fault::Fault};

/// A response with this body.
pub(crate) fn response(status: u16, content_type: &str, body: &str, headers: &[(&str, String)]) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {status} Fault\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        // Writing to a string does not fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// The error of a fault in the form of the call's service: JSON or XML, and without a body to HEAD.
pub(crate) fn failed(call: &Call, fault: Fault) -> Vec<u8> {
    let (status, code) =
        if fault == Fault::Error { (500, "InternalServerError") } else { (400, "ThrottlingException") };
    if call.method == "HEAD" {
        response(status, "text/xml", "", &[])
    } else if call.is_json() {
        response(status, "application/x-amz-json-1.0", &format!(r#"{{"__type": "{code}"}}"#), &[])
    } else {
        let body = format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        response(status, "text/xml", &body, &[])
    }
}

/// The error of a quota in the form of its service's protocol.
pub(crate) fn refused(refusal: &Refusal) -> Vec<u8> {
    let Refusal { status, code, message, protocol, retry_after, .. } = refusal;
    let mut headers: Vec<_> =
        retry_after.iter().map(|seconds| ("Retry-After", seconds.to_string())).collect();
    match protocol.as_str() {
        "query" => {
            let error = format!("<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>");
            let body = format!("<ErrorResponse><Error>{error}</Error></ErrorResponse>");
            response(*status, "text/xml", &body, &headers)
        }
        "rest-json" => {
            headers.push(("x-amzn-ErrorType", code.clone()));
            response(
                *status,
                "application/json",
                &serde_json::json!({ "message": message }).to_string(),
                &headers,
            )
        }
        _ => {
            let body = serde_json::json!({ "__type": code, "message": message }).to_string();
            response(*status, &format!("application/x-amz-{protocol}"), &body, &headers)
        }
    }
}
