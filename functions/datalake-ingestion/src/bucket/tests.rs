use std::time::Duration;

use aws_config::Region;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient, capture_request};
use aws_smithy_types::body::SdkBody;
use aws_types::{
    sdk_config::Builder,
    service_config::{LoadServiceConfig, ServiceConfigKey},
};

use super::*;

const SUFFIX: &str = "amazonaws.com";

fn aws() -> Builder {
    let credentials = Credentials::new("key", "secret", Some("token".into()), None, "test");
    SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)),
        )
}

fn answer(status: u16, body: &str) -> ReplayEvent {
    let response = http::Response::builder().status(status).body(SdkBody::from(body)).unwrap();
    ReplayEvent::new(http::Request::new(SdkBody::empty()), response)
}

fn refusal(status: u16, code: &str) -> ReplayEvent {
    answer(status, &format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>No</Message></Error>"))
}

/// Puts an object while S3 answers so; the result, and the number of requests.
async fn put(answers: Vec<ReplayEvent>) -> (Result<(), Failure>, usize) {
    let s3 = StaticReplayClient::new(answers);
    let bucket = Bucket::new(&aws().http_client(s3.clone()).build(), "lake", SUFFIX);
    let result = bucket.put("a", "text/plain", b"hello".to_vec()).await;
    (result, s3.actual_requests().count())
}

#[tokio::test]
async fn a_request_is_signed_and_has_its_checksum() {
    let (http, request) = capture_request(None);
    let bucket = Bucket::new(&aws().http_client(http).build(), "lake", SUFFIX);
    bucket.put("events/type=T/dt=2026-11-23/0.parquet", "text/plain", b"hello".to_vec()).await.unwrap();
    let request = request.expect_request();
    assert_eq!(request.method(), "PUT");
    let url = "https://lake.s3.us-east-1.amazonaws.com/events/type%3DT/dt%3D2026-11-23/0.parquet";
    assert_eq!(request.uri(), url);
    assert_eq!(request.body().bytes(), Some(b"hello".as_slice()));
    let header = |name| request.headers().get(name).unwrap_or_default();
    assert_eq!(header("content-type"), "text/plain");
    assert_eq!(header("content-length"), "5");
    assert_eq!(header("x-amz-checksum-sha256"), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(header("x-amz-content-sha256"), hash);
    assert_eq!(header("x-amz-security-token"), "token");
    let authorization = header("authorization");
    assert!(authorization.contains("/us-east-1/s3/aws4_request"), "{authorization}");
    assert!(authorization.contains("x-amz-checksum-sha256;x-amz-content-sha256;"), "{authorization}");
}

#[tokio::test]
async fn a_call_that_s3_can_not_take_now_is_made_again() {
    let (result, requests) =
        put(vec![refusal(503, "SlowDown"), refusal(500, "InternalError"), answer(200, "")]).await;
    assert_eq!((result, requests), (Ok(()), 3));
}

#[tokio::test]
async fn s3_that_stays_out_of_reach_keeps_the_event_for_a_retry() {
    let (result, requests) = put((0..3).map(|_| refusal(503, "SlowDown")).collect()).await;
    let failure = result.unwrap_err();
    assert!(failure.is_retryable() && failure.reason().error_type == "SlowDown", "{failure:?}");
    assert_eq!(requests, 3);
}

#[tokio::test]
async fn a_call_without_the_right_is_made_once_and_named() {
    let (result, requests) = put(vec![refusal(403, "AccessDenied")]).await;
    assert_eq!(result, Err(Failure::transient("AccessDenied", "s3:PutObject failed")));
    assert_eq!(requests, 1);
}

#[derive(Debug)]
struct OnlyS3;

impl LoadServiceConfig for OnlyS3 {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        (key.service_id() == "S3" && key.env() == "AWS_ENDPOINT_URL").then(|| "http://s3:2".to_owned())
    }
}

#[test]
fn each_standard_setting_chooses_the_endpoint() {
    let url = |aws: Builder| Endpoint::of(&aws.build(), "lake", SUFFIX).url;
    assert_eq!(url(aws()), "https://lake.s3.us-east-1.amazonaws.com");
    assert_eq!(url(aws().use_fips(true)), "https://lake.s3-fips.us-east-1.amazonaws.com");
    assert_eq!(url(aws().use_dual_stack(true)), "https://lake.s3.dualstack.us-east-1.amazonaws.com");
    let both = aws().use_fips(true).use_dual_stack(true);
    assert_eq!(url(both), "https://lake.s3-fips.dualstack.us-east-1.amazonaws.com");
    let china = Endpoint::of(&aws().region(Region::new("cn-north-1")).build(), "lake", "amazonaws.com.cn");
    assert_eq!(china.url, "https://lake.s3.cn-north-1.amazonaws.com.cn");
    let of_all = || aws().endpoint_url("http://all:1");
    let expected = |url: &str| Endpoint { url: url.to_owned(), folder: "/lake".to_owned() };
    assert_eq!(Endpoint::of(&of_all().build(), "lake", SUFFIX), expected("http://all:1"));
    assert_eq!(
        Endpoint::of(&of_all().service_config(OnlyS3).build(), "lake", SUFFIX),
        expected("http://s3:2")
    );
}
