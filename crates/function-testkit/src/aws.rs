//! An AWS that accepts what the real one accepts, answers at once, and records every call to any service.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use lambda_messaging::{Function, Service};
use serde_json::Value;

/// The queue that messages come from.
pub(crate) const QUEUE: &str = "buffer";
const QUEUE_URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/buffer";
const DLQ_URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/buffer-dlq";
/// The table of attempts. Each message has one attempt left.
const ATTEMPTS: &str = "attempts";

/// The attribute with the reason of a dead letter.
pub(crate) const REASON: &str = "DeadLetterReason";

/// Calls that change nothing.
const READS: [&str; 4] = ["BatchGetItem", "GetItem", "Query", "ListSubscriptionsByTopic"];

/// The maximum size of a message in SQS and SNS.
const MAX_MESSAGE: usize = 256 * 1024;

/// The AWS of a function under test.
#[derive(Debug, Clone, Default)]
pub struct Aws {
    calls: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<Vec<(&'static str, String)>>>,
    delays: Arc<Mutex<Vec<(&'static str, Duration)>>>,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

struct Refusal {
    operation: &'static str,
    times: usize,
    status: u16,
    body: Box<dyn Fn(&Call) -> String + Send>,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, times, status, .. } = self;
        write!(f, "{operation}: {status}, {times} times")
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The operation, as in `PutItem`; or method and path, where nothing else names it.
    pub operation: String,
    /// The body of the call.
    pub body: String,
}

impl Aws {
    /// A function in this AWS, fed by a queue or a stream with a dead-letter queue.
    pub fn function(&self) -> Function {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            // A retry would get the same answer.
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone());
        Function::new(Service::new("Test", "test"), config.build(), |name| match name {
            "BUFFER_QUEUE_URLS" => Some(QUEUE_URL.to_owned()),
            "DEAD_LETTER_QUEUE_URLS" | "DEAD_LETTER_QUEUE_URL" => Some(DLQ_URL.to_owned()),
            "ATTEMPTS_TABLE_NAME" => Some(ATTEMPTS.to_owned()),
            _ => None,
        })
    }

    /// Sets the answer of an operation.
    pub fn answer(&self, operation: &'static str, body: impl Into<String>) {
        let mut answers = self.answers.lock().unwrap();
        answers.retain(|(known, _)| *known != operation);
        answers.push((operation, body.into()));
    }

    /// Delays the answers of an operation.
    pub fn answer_after(&self, operation: &'static str, delay: Duration) {
        let mut delays = self.delays.lock().unwrap();
        delays.retain(|(known, _)| *known != operation);
        delays.push((operation, delay));
    }

    /// Refuses the next calls of an operation, this many times.
    pub fn refuse(&self, operation: &'static str, times: usize, status: u16, code: &'static str) {
        self.refuse_with(operation, times, status, move |call| call.error(code));
    }

    /// The same, with an answer that depends on the call.
    pub fn refuse_with(
        &self,
        operation: &'static str,
        times: usize,
        status: u16,
        body: impl Fn(&Call) -> String + Send + 'static,
    ) {
        self.refusals.lock().unwrap().push(Refusal { operation, times, status, body: Box::new(body) });
    }

    /// The calls since the last time.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn respond(&self, call: &Call) -> (u16, String) {
        if let Some(refusal) = call.refusal() {
            return (400, refusal);
        }
        if call.is_about_attempts() {
            return (200, r#"{"Attributes": {"attempts": {"N": "5"}}}"#.to_owned());
        }
        let mut refusals = self.refusals.lock().unwrap();
        let refusal = refusals.iter_mut().find(|r| r.operation == call.operation && r.times > 0);
        if let Some(Refusal { times, status, body, .. }) = refusal {
            *times -= 1;
            return (*status, body(call));
        }
        let answers = self.answers.lock().unwrap();
        let answer = answers.iter().find(|(operation, _)| *operation == call.operation);
        (200, answer.map_or_else(|| call.plain_answer(), |(_, body)| body.clone()))
    }
}

impl Call {
    fn of(request: &HttpRequest) -> Self {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let json = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let query = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
        let operation = json.or(query).map_or_else(
            || format!("{} {}", request.method(), request.uri().split('?').next().unwrap_or_default()),
            str::to_owned,
        );
        Self { operation, body }
    }

    /// True if the call changed or published anything. The record of an attempt is not an effect of the message.
    pub fn is_effect(&self) -> bool {
        !READS.contains(&self.operation.as_str()) && !self.is_about_attempts()
    }

    fn is_about_attempts(&self) -> bool {
        self.operation == "UpdateItem" && self.json()["TableName"] == ATTEMPTS
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The values of a form-encoded call's fields whose names have this suffix.
    pub fn form(&self, suffix: &str) -> Vec<String> {
        let fields = form_urlencoded::parse(self.body.as_bytes());
        fields.filter(|(name, _)| name.ends_with(suffix)).map(|(_, value)| value.into_owned()).collect()
    }

    /// The reason of a dead letter, and its text; `None` if the call sends no dead letter.
    pub fn dead_letter(&self) -> Option<(String, String)> {
        let json = self.json();
        let reason = json["MessageAttributes"][REASON]["StringValue"].as_str()?;
        let reason: Value = serde_json::from_str(reason).ok()?;
        let text = |name: &str| Some(reason[name].as_str()?.to_owned());
        (self.operation == "SendMessage" && json["QueueUrl"] == DLQ_URL)
            .then(|| text("errorType").zip(text("detail")))
            .flatten()
    }

    /// The sorted names of a message's attributes, without a dead letter's reason.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let json = self.json();
        let names =
            json["MessageAttributes"].as_object().into_iter().flat_map(|attributes| attributes.keys());
        let mut names: Vec<String> = names.filter(|name| *name != REASON).cloned().collect();
        names.sort_unstable();
        names
    }

    /// The messages that the call sends to queues or topics.
    pub fn messages(&self) -> Vec<String> {
        let json = self.json();
        let texts = |values: &[Value]| {
            values.iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect::<Vec<_>>()
        };
        match self.operation.as_str() {
            "SendMessage" => texts(&[json["MessageBody"].clone()]),
            "SendMessageBatch" => {
                let entries = json["Entries"].as_array().cloned().unwrap_or_default();
                texts(&entries.iter().map(|entry| entry["MessageBody"].clone()).collect::<Vec<_>>())
            }
            "PublishBatch" => self.form(".Message"),
            _ => Vec::new(),
        }
    }

    /// The error with which AWS would refuse the messages.
    fn refusal(&self) -> Option<String> {
        let refused = self.messages().iter().any(|message| !is_message(message));
        (refused || !self.takes_attributes())
            .then(|| self.error(if self.is_form() { "InvalidParameter" } else { "InvalidMessageContents" }))
    }

    fn is_form(&self) -> bool {
        self.body.starts_with("Action=")
    }

    fn error(&self, code: &str) -> String {
        if self.is_form() {
            let error = format!("<Error><Type>Sender</Type><Code>{code}</Code></Error>");
            format!("<ErrorResponse>{error}</ErrorResponse>")
        } else {
            format!(r#"{{"__type":"{code}"}}"#)
        }
    }

    /// SQS accepts at most ten attributes of a message, and none that is empty.
    fn takes_attributes(&self) -> bool {
        let json = self.json();
        let has_value = |attribute: &Value| {
            ["StringValue", "BinaryValue"]
                .iter()
                .any(|kind| attribute[*kind].as_str().is_some_and(|v| !v.is_empty()))
        };
        let attributes = json["MessageAttributes"].as_object();
        attributes.is_none_or(|attributes| attributes.len() <= 10 && attributes.values().all(has_value))
    }

    fn plain_answer(&self) -> String {
        match self.operation.as_str() {
            "PublishBatch" => {
                let result = "<PublishBatchResult><Successful/><Failed/></PublishBatchResult>";
                format!("<PublishBatchResponse>{result}</PublishBatchResponse>")
            }
            operation if operation.starts_with("PUT ") => String::new(),
            _ => "{}".to_owned(),
        }
    }
}

/// True if a queue and a topic accept the message: it is not empty, not too large, and holds only characters that XML allows.
pub(crate) fn is_message(body: &str) -> bool {
    let is_allowed =
        |c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    (1..=MAX_MESSAGE).contains(&body.len()) && body.chars().all(is_allowed)
}

impl HttpClient for Aws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call::of(&request);
        let (status, body) = self.respond(&call);
        let delays = self.delays.lock().unwrap();
        let delay = delays.iter().find(|(operation, _)| *operation == call.operation);
        let delay = delay.map_or(Duration::ZERO, |(_, delay)| *delay);
        self.calls.lock().unwrap().push(call);
        let response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        if delay.is_zero() {
            return HttpConnectorFuture::ready(Ok(response));
        }
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(delay).await;
            Ok(response)
        })
    }
}
