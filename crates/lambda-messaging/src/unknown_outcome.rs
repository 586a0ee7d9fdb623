//! A call that failed may have had its effect all the same: it arrived, and its answer didn't. Where the effect must not be
//! made twice, that isn't the same as a refusal.

use std::{error::Error, iter::successors};

use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{DispatchFailure, SdkError},
};
use hyper_util::client::legacy;

const SERVER_ERROR: u16 = 500;
/// Nobody took the request.
const SERVICE_UNAVAILABLE: u16 = 503;

/// True if the call may have had its effect. Certainly not if no connection was made, or if the service said no; of an error
/// of its own the service doesn't say how far it had got.
pub fn may_have_happened<E>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::DispatchFailure(failure) => !was_never_connected(failure),
        SdkError::ServiceError(refusal) => {
            let status = refusal.raw().status().as_u16();
            status >= SERVER_ERROR && status != SERVICE_UNAVAILABLE
        }
        _ => true,
    }
}

fn was_never_connected(failure: &DispatchFailure) -> bool {
    let error = failure.as_connector_error().map(|error| error as &(dyn Error + 'static));
    let mut causes = successors(error, |error: &&(dyn Error + 'static)| (*error).source());
    causes.any(|cause| cause.downcast_ref::<legacy::Error>().is_some_and(legacy::Error::is_connect))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
    use aws_sdk_sqs::{
        Client,
        operation::{send_message::SendMessageError, send_message::SendMessageOutput},
    };
    use aws_smithy_http_client::Builder;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::aws::without_retries;

    type Sent = Result<SendMessageOutput, SdkError<SendMessageError, HttpResponse>>;

    async fn send_to(address: &str) -> Sent {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(format!("http://{address}"))
            .http_client(Builder::new().build_http())
            .build();
        let client = Client::new(&without_retries(&config, Duration::from_millis(200)));
        client.send_message().queue_url("queue").message_body("m").send().await
    }

    /// True if a call may have happened that got this answer; none if it hangs up instead.
    async fn of_an_answer(answer: Option<&str>) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            if let Some(answer) = answer {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        };
        let (sent, ()) = tokio::join!(send_to(&address), answering);
        may_have_happened(&sent.unwrap_err())
    }

    #[tokio::test]
    async fn what_was_refused_has_not_happened_and_what_went_unanswered_may_have() {
        for (status, may_have) in
            [("400 Bad", false), ("429 Many", false), ("503 Down", false), ("500 Error", true)]
        {
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}");
            assert_eq!(of_an_answer(Some(&answer)).await, may_have, "{status}");
        }
        assert!(of_an_answer(None).await, "the connection was reset");
        assert!(of_an_answer(Some("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")).await, "half an answer");
    }

    #[tokio::test]
    async fn what_is_late_may_have_happened() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sent = send_to(&address).await;
        assert!(may_have_happened(&sent.unwrap_err()));
    }

    #[tokio::test]
    async fn without_a_connection_nothing_has_happened() {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for address in [nobody.to_string(), "no-such-host.invalid".to_owned()] {
            assert!(!may_have_happened(&send_to(&address).await.unwrap_err()), "{address}");
        }
    }
}
