use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use serde_json::Value;

use crate::World;

impl World {
    /// Asks CloudWatch in JSON. Its SDK speaks only CBOR, for which the emulator would need a library that it comes without.
    pub async fn asks_cloudwatch(&self, operation: &str, input: Value) -> Value {
        let aws = self.aws();
        let (url, body) = (aws.endpoint_url().unwrap(), input.to_string());
        let headers = [
            ("content-type", "application/x-amz-json-1.0".to_owned()),
            ("x-amz-target", format!("GraniteServiceVersion20100801.{operation}")),
        ];
        let identity = aws.credentials_provider().unwrap().provide_credentials().await.unwrap().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(aws.region().unwrap().as_ref())
            .name("monitoring")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let signed = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new("POST", url, signed, SignableBody::Bytes(body.as_bytes()));
        let (signature, _) = sign(signable.unwrap(), &parameters.into()).unwrap().into_parts();
        let mut request = reqwest::Client::new().post(url).body(body.clone());
        for (name, value) in
            headers.iter().map(|(name, value)| (*name, value.as_str())).chain(signature.headers())
        {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{operation}: {status}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }
}
