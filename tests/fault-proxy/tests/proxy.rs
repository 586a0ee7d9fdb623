//! The program between a client and an emulator that takes everything.
// All of this is tests, helpers too: a failure should panic where it happens.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const SES: &str = "POST /v2/email/outbound-emails";
const STARTS_WITHIN: Duration = Duration::from_secs(30);
/// A body in chunks, as S3 is sent objects.
const CHUNKS: &str = "5;chunk-signature=a\r\nhello\r\n0;chunk-signature=b\r\n\r\n";

/// The program, which ends with the test.
struct Proxy {
    program: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It has ended by itself if this fails.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Proxy {
    /// A proxy before an emulator that answers every request with its head and body.
    fn start() -> Self {
        let upstream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let upstream_port = upstream.local_addr().unwrap().port();
        thread::spawn(move || {
            for client in upstream.incoming().map_while(Result::ok) {
                thread::spawn(|| echo(client));
            }
        });
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let options = [("--port", port.into()), ("--upstream", upstream_port.into()), ("--seed", 1_u32)];
        let arguments = options.iter().flat_map(|(name, value)| [(*name).to_owned(), value.to_string()]);
        let program = Command::new(env!("CARGO_BIN_EXE_fault-proxy")).args(arguments).spawn().unwrap();
        let proxy = Self { program, port };
        let deadline = Instant::now() + STARTS_WITHIN;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "the proxy does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        proxy
    }

    fn client(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap()
    }

    /// Sends a request on a connection of its own; returns the head and the body of the response, both empty if there is none.
    fn send(&self, request: &str) -> (String, String) {
        let mut client = self.client();
        client.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        // A connection may be reset, which is no response either.
        let _ = client.read_to_string(&mut response);
        response
            .split_once("\r\n\r\n")
            .map(|(head, body)| (head.to_owned(), body.to_owned()))
            .unwrap_or_default()
    }

    fn order(&self, page: &str, order: &Value) -> String {
        let order = order.to_string();
        let length = order.len();
        self.send(&format!(
            "POST /{page} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{order}"
        ))
        .0
    }

    fn page(&self, page: &str) -> Value {
        let (_, body) = self.send(&format!("GET /{page} HTTP/1.1\r\nConnection: close\r\n\r\n"));
        serde_json::from_str(&body).unwrap()
    }

    /// The first response that is the proxy's own.
    fn refusal(&self, request: &str) -> (String, String) {
        let responses = (0..100).map(|_| self.send(request));
        let (head, body) =
            responses.into_iter().find(|(head, _)| !head.contains("200 OK")).expect("a refusal");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
        (head, body)
    }
}

/// Answers each request on a connection with the request itself, the end of which these requests show.
fn echo(mut client: TcpStream) {
    let mut arrived = String::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        arrived.push_str(&String::from_utf8_lossy(&buffer[..count]));
        let Some((head, body)) = arrived.split_once("\r\n\r\n") else { continue };
        let length =
            head.split_once("Content-Length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        let whole = match length {
            Some(length) => body.len() >= length,
            None => !head.contains("chunked") || body.ends_with("0;chunk-signature=b\r\n\r\n"),
        };
        if whole {
            let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{arrived}", arrived.len());
            client.write_all(response.as_bytes()).unwrap();
            arrived.clear();
        }
    }
}

fn request(service: &str, line: &str, headers: &str, body: &str) -> String {
    let signed =
        format!("authorization: AWS4-HMAC-SHA256 Credential=AK/20261126/us-east-1/{service}/aws4_request");
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\n{signed}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

fn mail() -> String {
    request("ses", SES, "", "{}")
}

#[test]
fn a_request_arrives_byte_for_byte() {
    let proxy = Proxy::start();
    let sent = request("sns", "POST /a?b=%20c", "X-Odd-Case:  two  \r\n", "Action=Publish&Message=%C3%A9");
    assert_eq!(proxy.send(&sent).1, sent);
    let chunked =
        format!("PUT /lake HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{CHUNKS}");
    assert_eq!(proxy.send(&chunked).1, chunked);
}

#[test]
fn a_connection_takes_requests_one_after_the_other() {
    let proxy = Proxy::start();
    let mut client = proxy.client();
    let kept = mail().replace("Connection: close\r\n", "");
    let expected = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{kept}", kept.len());
    for _ in 0..3 {
        client.write_all(kept.as_bytes()).unwrap();
        let mut response = vec![0; expected.len()];
        client.read_exact(&mut response).unwrap();
        assert_eq!(String::from_utf8(response).unwrap(), expected);
    }
}

#[test]
fn calls_and_their_units_are_counted() {
    let proxy = Proxy::start();
    let target = "X-Amz-Target: DynamoDB_20120810.PutItem\r\ncontent-type: application/x-amz-json-1.0\r\n";
    let put = json!({"TableName": "rides", "Item": {"id": {"S": "x".repeat(1500)}}}).to_string();
    for _ in 0..2 {
        proxy.send(&request("dynamodb", "POST /", target, &put));
    }
    proxy.send(&mail());
    assert_eq!(proxy.page("_calls"), json!({"dynamodb:PutItem": 2, "ses:POST": 1}));
    assert_eq!(proxy.page("_units"), json!([["rides", "write", 4.0]]));
    assert_eq!(proxy.page("_faults"), json!({"none": 3}));
}

#[test]
fn calls_fail_in_every_way_at_the_share_that_was_ordered() {
    let proxy = Proxy::start();
    assert!(proxy.order("_faults", &json!({"share": 1.0})).contains(" 200 "));
    let calls = 40;
    let heads: Vec<_> = (0..calls).map(|_| proxy.send(&mail()).0).collect();
    let outcomes = proxy.page("_faults");
    let count = |outcome: &str| outcomes[outcome].as_u64().unwrap_or_default();
    assert_eq!(
        heads.iter().filter(|head| head.is_empty()).count() as u64,
        count("reset") + count("lost answer")
    );
    assert_eq!(heads.iter().filter(|head| head.contains(" 500 ")).count() as u64, count("error"));
    assert_eq!(heads.iter().filter(|head| head.contains(" 400 ")).count() as u64, count("throttled"));
    assert_eq!(heads.iter().filter(|head| head.contains(" 200 ")).count() as u64, count("slow"));
    assert!(
        ["reset", "lost answer", "error", "throttled", "slow"].iter().all(|outcome| count(outcome) > 0),
        "{outcomes}"
    );
    proxy.order("_faults", &json!({"share": 0}));
    assert!(proxy.send(&mail()).0.contains(" 200 "));
}

#[test]
fn each_service_refuses_in_its_own_protocol() {
    let proxy = Proxy::start();
    proxy.order("_quotas", &json!({"profile": "sandbox", "scale": 0.05}));
    let (head, body) = proxy.refusal(&mail());
    assert!(
        head.starts_with("HTTP/1.1 429 ") && head.contains("x-amzn-ErrorType: TooManyRequestsException"),
        "{head}"
    );
    assert_eq!(
        serde_json::from_str::<Value>(&body).unwrap(),
        json!({"message": "Maximum sending rate exceeded."})
    );

    let target =
        "x-amz-target: AWSStepFunctions.StartExecution\r\ncontent-type: application/x-amz-json-1.0\r\n";
    let (head, body) = proxy.refusal(&request("states", "POST /", target, "{}"));
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["__type"], "ThrottlingException");

    let (head, body) =
        proxy.refusal(&request("sns", "POST /", "", "Action=ListSubscriptionsByTopic&TopicArn=t"));
    assert!(
        head.contains("Content-Type: text/xml") && body.contains("<Code>ThrottlingException</Code>"),
        "{head}{body}"
    );
}

#[test]
fn quotas_are_switched_on_and_off_and_reported() {
    let proxy = Proxy::start();
    proxy.order("_quotas", &json!({"profile": "sandbox"}));
    let answers: Vec<_> = (0..3).map(|_| proxy.send(&mail()).0.contains(" 200 ")).collect();
    assert!(answers[0] && answers.iter().any(|passed| !passed), "{answers:?}");
    let throttled = answers.iter().filter(|passed| !**passed).count();
    let report = proxy.page("_quotas");
    assert_eq!((&report[0]["calls"], &report[0]["throttled"]), (&json!(3), &json!(throttled)));
    proxy.order("_quotas", &json!({"profile": null}));
    assert!(proxy.send(&mail()).0.contains(" 200 "));
    assert_eq!(proxy.page("_quotas"), json!([]));
}

#[test]
fn an_order_that_makes_no_sense_is_refused() {
    let proxy = Proxy::start();
    for order in [json!({"profile": "laptop"}), json!({}), json!([])] {
        assert!(proxy.order("_quotas", &order).contains(" 400 "), "{order}");
    }
    assert!(proxy.order("_faults", &json!({"share": "much"})).contains(" 400 "));
}

/// The example of a schema.
fn example(kind: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/schemas");
    let schema = std::fs::read_to_string(format!("{folder}/{kind}.v1.json")).unwrap();
    serde_json::from_str::<Value>(&schema).unwrap()["examples"][0].clone()
}

fn publish(proxy: &Proxy, messages: &[&Value]) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", "PublishBatch").append_pair("TopicArn", "arn:aws:sns:us-east-1:1:rides");
    for (n, message) in (1..).zip(messages) {
        let member = format!("PublishBatchRequestEntries.member.{n}");
        form.append_pair(&format!("{member}.Message"), &message.to_string());
        form.append_pair(&format!("{member}.MessageAttributes.entry.1.Value.StringValue"), "RideCompleted");
    }
    proxy.send(&request("sns", "POST /", "", &form.finish()));
}

fn send(proxy: &Proxy, operation: &str, call: &Value) {
    let target = format!("X-Amz-Target: AmazonSQS.{operation}\r\n");
    proxy.send(&request("sqs", "POST /", &target, &call.to_string()));
}

#[test]
fn messages_of_topics_and_queues_are_held_against_their_schemas() {
    let proxy = Proxy::start();
    let (ride, quote) = (example("RideCompleted"), example("RideQuoted"));
    let mut wrong = ride.clone();
    wrong["data"]["duration"] = json!("jane-doe");
    wrong["data"].as_object_mut().unwrap().remove("fare");
    publish(&proxy, &[&ride, &wrong, &ride]);
    let queue = "http://localhost/000000000000/responses";
    send(&proxy, "SendMessage", &json!({"QueueUrl": queue, "MessageBody": quote.to_string()}));
    let entries =
        [json!({"Id": "0", "MessageBody": "{}"}), json!({"Id": "1", "MessageBody": quote.to_string()})];
    send(&proxy, "SendMessageBatch", &json!({"QueueUrl": queue, "Entries": entries}));

    let found = proxy.page("_messages");
    assert_eq!(found["valid"], json!({"RideCompleted": 2, "RideQuoted": 2}));
    let faults: Vec<_> = found["faults"].as_object().unwrap().keys().collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(faults[0], "responses: a message without a type that has a schema");
    for part in ["rides: RideCompleted: ", "/data/duration", "\"fare\" is a required property"] {
        assert!(faults[1].contains(part), "{faults:?} without {part}");
    }
    assert!(!faults[1].contains("jane-doe"), "a value is quoted");
}

#[test]
fn a_dead_letter_is_valid_unless_it_was_refused_as_no_event() {
    let proxy = Proxy::start();
    let mut wrong = example("RideCompleted");
    wrong["data"]["fare"] = json!(7);
    for (body, reason) in [
        (example("RideCompleted"), "Throttled"),
        (wrong.clone(), "MalformedEvent"),
        (wrong.clone(), "Throttled"),
        (json!({"a": "row"}), "MalformedRow"),
    ] {
        let reason = json!({"StringValue": json!({"errorType": reason}).to_string(), "DataType": "String"});
        let call = json!({"QueueUrl": "http://localhost/1/RideDlq-1", "MessageBody": body.to_string(),
                          "MessageAttributes": {"DeadLetterReason": reason}});
        send(&proxy, "SendMessage", &call);
    }
    let found = proxy.page("_messages");
    assert_eq!((&found["valid"], &found["not_events"]), (&json!({"RideCompleted": 1}), &json!(2)));
    let faults: Vec<_> = found["faults"].as_object().unwrap().keys().collect();
    assert!(
        faults.len() == 1 && faults[0].starts_with("RideDlq-1: RideCompleted: /data/fare "),
        "{faults:?}"
    );
}
