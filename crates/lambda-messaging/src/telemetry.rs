//! Logs as flat JSON lines: each holds an event's own fields and those of the spans around it.

use std::fmt;

use serde_json::{Map, Value};
use tracing::{Event, Subscriber, error, level_filters::LevelFilter};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, format::JsonFields, format::Writer},
    registry::LookupSpan,
};

/// The variables that choose the level: the first is set by Lambda's logging settings, the second by a template.
const LEVEL: [&str; 2] = ["AWS_LAMBDA_LOG_LEVEL", "LOG_LEVEL"];

/// Starts logging, from `INFO` on unless a variable says another level. A program that needs none below `INFO` leaves them
/// out of its release build with `tracing`'s feature `release_max_level_info`.
pub fn start(service: &'static str) {
    // A second start in one process (a test's) keeps the first.
    let _ = tracing_subscriber::fmt()
        .with_max_level(level(|name| std::env::var(name).ok()))
        .fmt_fields(JsonFields::new())
        .event_format(FlatJson { service, function: function_name() })
        .try_init();
    // A panic is logged with its place but without its message, which may quote personal data.
    std::panic::set_hook(Box::new(|panic| {
        error!(at = panic.location().map(ToString::to_string), "panicked");
    }));
}

/// The lowest level of the lines that are written.
fn level(setting: impl Fn(&str) -> Option<String>) -> LevelFilter {
    LEVEL.into_iter().find_map(|name| setting(name)?.parse().ok()).unwrap_or(LevelFilter::INFO)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambdas_own_setting_goes_before_the_templates_and_no_setting_is_info() {
        for (lambdas, templates, expected) in [
            (None, None, LevelFilter::INFO),
            (None, Some("WARN"), LevelFilter::WARN),
            (Some("ERROR"), Some("INFO"), LevelFilter::ERROR),
            (None, Some("loud"), LevelFilter::INFO),
            (Some("loud"), Some("ERROR"), LevelFilter::ERROR),
        ] {
            let found = level(|name| {
                let value = if name == "LOG_LEVEL" { templates } else { lambdas };
                value.map(str::to_owned)
            });
            assert_eq!(found, expected, "{lambdas:?} {templates:?}");
        }
    }
}
