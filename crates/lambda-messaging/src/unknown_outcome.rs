//! Calls whose outcome is unknown. A failed call may have had its effect all the same, if it arrived and its answer was lost. Where an
//! effect must not be made twice, such a call differs from a refused one.

use std::{error::Error, iter::successors};

use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{DispatchFailure, SdkError},
};
use hyper_util::client::legacy;

const SERVER_ERROR: u16 = 500;
/// No server accepted the request.
const SERVICE_UNAVAILABLE: u16 = 503;

/// True if the call may have had its effect. It has none if no connection was made, or if the service refused the call. An internal
/// error of the service (5xx) leaves the outcome unknown.
///
/// ```no_run
/// # async fn example(client: aws_sdk_sqs::Client) -> Result<(), lambda_messaging::Failure> {
/// use lambda_messaging::{Failure, unknown_outcome::may_have_happened};
///
/// // The client doesn't retry: see `Function::aws_without_retries`.
/// let sent = client.send_message().queue_url("letters").message_body("one only").send().await;
/// if let Err(error) = sent {
///     if may_have_happened(&error) {
///         return Err(Failure::permanent("OutcomeUnknown", "the letter may have been sent: look before sending it again"));
///     }
///     return Err(Failure::aws("sqs:SendMessage", &error));
/// }
/// # Ok(())
/// # }
/// ```
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

    /// True if a call with this answer may have had its effect. Without an answer the server closes the connection.
    async fn may_have_happened_after(answer: Option<&str>) -> bool {
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
    async fn a_refused_call_has_not_happened_and_an_unanswered_one_may_have() {
        for (status, may_have) in
            [("400 Bad", false), ("429 Many", false), ("503 Down", false), ("500 Error", true)]
        {
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}");
            assert_eq!(may_have_happened_after(Some(&answer)).await, may_have, "{status}");
        }
        assert!(may_have_happened_after(None).await, "the connection was reset");
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{";
        assert!(may_have_happened_after(Some(half)).await, "half an answer");
    }

    #[tokio::test]
    async fn a_call_that_times_out_may_have_happened() {
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
