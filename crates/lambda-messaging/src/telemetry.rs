//! Logs as flat JSON lines: each holds an event's own fields and those of the spans around it.

use std::fmt;

use serde_json::{Map, Value};
use tracing::{Event, Subscriber, error, level_filters::LevelFilter};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::JsonFields, format::Writer},
    registry::LookupSpan,
};

/// Starts logging. `AWS_LAMBDA_LOG_LEVEL`, which Lambda's logging settings set, chooses the level. Release builds contain no events
/// below `INFO`.
pub fn start(service: &'static str) {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    // A second start in one process (a test's) keeps the first.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .fmt_fields(JsonFields::new())
        .event_format(FlatJson { service, function: function_name() })
        .try_init();
    // A panic is logged with its place but without its message, which may quote personal data.
    std::panic::set_hook(Box::new(|panic| {
        error!(at = panic.location().map(ToString::to_string), "panicked");
    }));
}

/// This function's name in Lambda.
pub(crate) fn function_name() -> String {
    std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default()
}

/// The fields of the runtime's span, each with the name that it has in our log lines.
const RENAMED: [(&str, &str); 2] = [("requestId", "request_id"), ("xrayTraceId", "xray_trace_id")];

struct FlatJson {
    service: &'static str,
    function: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for FlatJson {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        line.insert("timestamp".into(), format!("{:.3}", jiff::Timestamp::now()).into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("service".into(), self.service.into());
        line.insert("function".into(), self.function.as_str().into());
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                merge(&mut line, fields);
            }
        }
        for (given, ours) in RENAMED {
            if let Some(value) = line.remove(given) {
                line.insert(ours.into(), value);
            }
        }
        let mut own = String::new();
        JsonFields::new().format_fields(Writer::new(&mut own), event)?;
        merge(&mut line, &own);
        writeln!(writer, "{}", Value::Object(line))
    }
}

fn merge(line: &mut Map<String, Value>, fields: &str) {
    if let Ok(fields) = serde_json::from_str::<Map<String, Value>>(fields) {
        line.extend(fields);
    }
}
