use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::spans::{
    from_lines,
    tests::{line, story},
};

/// A collector that takes one request and gives this answer; returns it, and what it was sent.
async fn collector(
    status: &'static str,
    answer: ExportTraceServiceResponse,
) -> (Collector, tokio::task::JoinHandle<(String, ExportTraceServiceRequest)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = Collector::at(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let took = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        let (head, body) = loop {
            connection.read_buf(&mut received).await.unwrap();
            let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(received[..end].to_vec()).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let body = &received[end + 4..];
            if body.len() == length.parse::<usize>().unwrap() {
                break (head, body.to_vec());
            }
        };
        let body_of_answer = answer.encode_to_vec();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body_of_answer.len()
        );
        connection.write_all(&[answer.into_bytes(), body_of_answer].concat()).await.unwrap();
        (head, ExportTraceServiceRequest::decode(body.as_slice()).unwrap())
    });
    (collector, took)
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    match attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test]
async fn a_collector_is_sent_the_spans_of_each_service_with_their_lines() {
    let (to, took) = collector("200 OK", ExportTraceServiceResponse::default()).await;
    let spans = from_lines(&story());
    send(&to, "dev", &spans).await.unwrap();
    let (head, request) = took.await.unwrap();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    let services: Vec<_> = request
        .resource_spans
        .iter()
        .map(|of| {
            let resource = of.resource.as_ref().unwrap();
            assert_eq!(text(&resource.attributes, "deployment.environment.name"), Some("dev"));
            assert_eq!(text(&resource.attributes, "service.namespace"), Some("wild-rydes"));
            let scope = of.scope_spans[0].scope.as_ref().unwrap();
            assert_eq!((scope.name.as_str(), scope.version.as_str()), ("rydes", env!("CARGO_PKG_VERSION")));
            text(&resource.attributes, "service.name").unwrap()
        })
        .collect();
    assert_eq!(services, ["award", "notify", "publish", "submit"].map(|of| format!("service of {of}")));
    let sent: Vec<_> =
        request.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans).collect();
    assert_eq!(sent.len(), 5);
    let award = sent.iter().find(|span| span.name == "award").unwrap();
    let publish = sent.iter().find(|span| span.name == "publish").unwrap();
    assert_eq!(award.parent_span_id, publish.span_id);
    assert_eq!((award.trace_id.len(), award.span_id.len()), (16, 8));
    assert_eq!(award.end_time_unix_nano - award.start_time_unix_nano, 2_000_000_000);
    assert_eq!((award.kind(), publish.kind()), (SpanKind::Consumer, SpanKind::Server));
    assert_eq!((award.events[0].name.as_str(), award.status.as_ref()), ("handled", None));
    assert_eq!(award.events[0].time_unix_nano, award.end_time_unix_nano);
    assert_eq!(text(&award.events[0].attributes, "level"), Some("INFO"));
    assert_eq!(text(&award.events[0].attributes, "outcome"), Some("made"));
    assert_eq!(text(&award.attributes, "faas.name"), Some("award"));
    assert_eq!(text(&award.attributes, "faas.invocation_id"), Some("request of award"));
    assert_eq!(text(&award.attributes, "error.type"), None);
    assert_eq!(text(&award.attributes, "wildrydes.outcome"), Some("made"));
    assert_eq!(text(&award.attributes, "cloudevents.event_id"), Some("ride"));
}

#[test]
fn a_failed_span_has_its_error_and_the_last_line_that_names_a_field_wins() {
    let mut failed = line(3, "award", "ride", "failed");
    for (field, value) in [
        ("outcome", "dead-lettered"),
        ("error_type", "MalformedEvent"),
        ("why", "no JSON"),
        ("message_id", "m-1"),
        ("xray_trace_id", "1-2"),
    ] {
        failed.fields.insert(field.to_owned(), value.into());
    }
    let request = request("dev", &from_lines(&[line(2, "award", "ride", "handled"), failed]));
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    let status = span.status.as_ref().unwrap();
    assert_eq!((status.code(), status.message.as_str()), (StatusCode::Error, "MalformedEvent"));
    for (name, value) in [
        ("error.type", "MalformedEvent"),
        ("wildrydes.outcome", "dead-lettered"),
        ("wildrydes.correlation_id", "story-1"),
        ("messaging.message.id", "m-1"),
        ("aws.xray.trace_id", "1-2"),
    ] {
        assert_eq!(text(&span.attributes, name), Some(value), "{name}");
    }
    for (name, value) in [("error_type", "MalformedEvent"), ("why", "no JSON")] {
        assert_eq!(text(&span.events[1].attributes, name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn what_is_sent_twice_has_the_same_ids() {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (to, took) = collector("200 OK", ExportTraceServiceResponse::default()).await;
        send(&to, "dev", &from_lines(&story())).await.unwrap();
        ids.push(took.await.unwrap().1);
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_collector_that_takes_nothing_or_not_all_is_an_error() {
    let (to, _took) = collector("503 Service Unavailable", ExportTraceServiceResponse::default()).await;
    let error = send(&to, "dev", &from_lines(&story())).await.unwrap_err().to_string();
    assert!(error.contains("503"), "{error}");
    let partly = ExportTracePartialSuccess { rejected_spans: 2, error_message: "too many".to_owned() };
    let (to, _took) = collector("200 OK", ExportTraceServiceResponse { partial_success: Some(partly) }).await;
    let error = send(&to, "dev", &from_lines(&story())).await.unwrap_err().to_string();
    assert!(error.contains("2 of 5"), "{error}");
}

#[test]
fn an_address_with_a_path_is_taken_as_it_is() {
    for (address, url) in [
        ("http://localhost:4318", "http://localhost:4318/v1/traces"),
        ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
        ("https://example.com?api-key=k", "https://example.com/v1/traces?api-key=k"),
        ("https://example.com/otlp/v1/traces", "https://example.com/otlp/v1/traces"),
    ] {
        assert_eq!(Collector::at(address).unwrap().0.as_str(), url);
    }
    for address in ["localhost:4318", "grpc://localhost:4317", ""] {
        assert!(Collector::at(address).is_err(), "{address}");
    }
}

#[tokio::test]
async fn credentials_in_an_address_are_not_shown() {
    let collector = Collector::at("http://user:secret@127.0.0.1:1/v1/traces?api-key=secret").unwrap();
    assert_eq!(collector.to_string(), "http://127.0.0.1:1");
    let error = send(&collector, "dev", &from_lines(&story())).await.unwrap_err().to_string();
    assert!(error.contains("sent to http://127.0.0.1:1: ") && !error.contains("secret"), "{error}");
}
