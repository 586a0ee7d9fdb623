//! Sends spans to a collector of OpenTelemetry: protobuf over HTTP.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    time::Duration,
};

use jiff::Timestamp;
use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span as Sent, Status,
        span::{Event, SpanKind},
        status::StatusCode,
    },
};
use prost::Message;
use reqwest::{Client, Url, header::CONTENT_TYPE};

use crate::{
    error::{Error, root_cause},
    logs::LogLine,
    spans::Span,
};

/// The path of spans at a collector.
const PATH: &str = "v1/traces";
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// The fields of a line that a span has, under their names in OpenTelemetry's conventions where there is one.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("request_id", "faas.invocation_id"),
    ("event_id", "cloudevents.event_id"),
    ("message_id", "messaging.message.id"),
    ("correlation_id", "wildrydes.correlation_id"),
    ("outcome", "wildrydes.outcome"),
    ("xray_trace_id", "aws.xray.trace_id"),
];

/// A collector. It is shown without the credentials that its address may have.
pub struct Collector(Url);

impl Collector {
    /// The collector at this address. An address without a path gets `/v1/traces`. Any other is used unchanged, as
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is.
    ///
    /// # Errors
    /// If this is no address of HTTP.
    pub fn at(address: &str) -> Result<Self, Error> {
        let invalid = || Error::Usage("--otlp: must be an address like http://localhost:4318".to_owned());
        let mut url = Url::parse(address).map_err(|_| invalid())?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(invalid());
        }
        if url.path() == "/" {
            url.set_path(PATH);
        }
        Ok(Self(url))
    }
}

impl Display for Collector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

/// Sends spans to a collector. The ids of spans follow from what happened, so sending them once more adds none.
///
/// # Errors
/// If the collector can't be reached, or takes not all spans.
pub async fn send(collector: &Collector, stage: &str, spans: &[Span]) -> Result<(), Error> {
    let failed = |reason: String| Error::Otlp { collector: collector.to_string(), reason };
    // An error of reqwest's own names the whole address.
    let unsent = |error: reqwest::Error| failed(root_cause(&error.without_url()));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = Client::builder().timeout(ANSWERED_WITHIN).build();
    let post = http.map_err(unsent)?.post(collector.0.clone()).header(CONTENT_TYPE, "application/x-protobuf");
    let answer = post.body(request(stage, spans).encode_to_vec()).send().await.map_err(unsent)?;
    let status = answer.status();
    if !status.is_success() {
        return Err(failed(format!("it answered {status}")));
    }
    // A collector need not answer in protobuf; then it took all.
    let body = answer.bytes().await.map_err(unsent)?;
    let refused = ExportTraceServiceResponse::decode(body).ok().and_then(|answer| answer.partial_success);
    match refused.filter(|refused| refused.rejected_spans > 0) {
        Some(refused) => {
            Err(failed(format!("it refused {} of {} spans", refused.rejected_spans, spans.len())))
        }
        None => Ok(()),
    }
}

fn request(stage: &str, spans: &[Span]) -> ExportTraceServiceRequest {
    let mut by_service: BTreeMap<&str, Vec<Sent>> = BTreeMap::new();
    for span in spans {
        by_service.entry(&span.service).or_default().push(sent(span));
    }
    let scope = InstrumentationScope {
        name: "rydes".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let resource_spans = by_service.into_iter().map(|(service, spans)| ResourceSpans {
        resource: Some(Resource {
            attributes: vec![
                attribute("service.name", service),
                attribute("service.namespace", "wild-rydes"),
                attribute("deployment.environment.name", stage),
            ],
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans { scope: Some(scope.clone()), spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

fn sent(span: &Span) -> Sent {
    let mut attributes = vec![attribute("faas.name", &span.function)];
    attributes.extend(ATTRIBUTES.iter().filter_map(|(field, name)| {
        let value = span.lines.iter().rev().find_map(|line| line.text(field))?;
        Some(attribute(name, value))
    }));
    attributes.extend(span.error.as_deref().map(|error| attribute("error.type", error)));
    let status =
        span.error.as_ref().map(|error| Status { message: error.clone(), code: StatusCode::Error.into() });
    Sent {
        trace_id: span.trace_id.into(),
        span_id: span.span_id.into(),
        parent_span_id: span.parent.map(Vec::from).unwrap_or_default(),
        name: span.function.clone(),
        kind: if span.is_consumer { SpanKind::Consumer } else { SpanKind::Server }.into(),
        start_time_unix_nano: nanoseconds(span.start),
        end_time_unix_nano: nanoseconds(span.end),
        attributes,
        events: span.lines.iter().map(event).collect(),
        status,
        ..Sent::default()
    }
}

/// A line as an event of its span.
fn event(line: &LogLine) -> Event {
    let fields = ["outcome", "why", "error_type"].iter();
    let fields = fields.filter_map(|field| Some(attribute(field, line.text(field)?)));
    Event {
        time_unix_nano: nanoseconds(line.timestamp),
        name: line.message.clone(),
        attributes: [attribute("level", &line.level)].into_iter().chain(fields).collect(),
        ..Event::default()
    }
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// Nothing is older than Unix time.
fn nanoseconds(time: Timestamp) -> u64 {
    time.as_nanosecond().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
