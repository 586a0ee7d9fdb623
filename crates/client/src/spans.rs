//! The spans of a story: what the functions' log lines about one request tell, in the form that tools for traces understand. They
//! are made from logs, so no function has to send anything.
//!
//! A span is one function's work on one event in one invocation. It begins when the event was published, as far as a line says so,
//! and ends with its last line; the time in between is that of the queue, the attempts and the work. Its parent is the span that
//! published the event. All ids follow from the lines, so the same lines give the same spans.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::logs::LogLine;

/// The namespace of the ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x3c5a_9c1e_77d4_4b0b_9a52_61f0_8e2d_17aa);
/// The message of a line about an event that a topic took.
const PUBLISHED: &str = "published";
/// The message of a line about a message that could not be handled.
const FAILED: &str = "failed";

/// A function's work on one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The story's id: of all that has one correlation id.
    pub trace_id: [u8; 16],
    /// The span's own id.
    pub span_id: [u8; 8],
    /// The span that it follows from; only the first has none.
    pub parent: Option<[u8; 8]>,
    /// The service.
    pub service: String,
    /// The function.
    pub function: String,
    /// True if it took an event that another had published.
    pub is_consumer: bool,
    /// The time of its cause, or of its first line.
    pub start: Timestamp,
    /// The time of its last line.
    pub end: Timestamp,
    /// The name of the error, if it failed.
    pub error: Option<String>,
    /// Its lines, in the order of time.
    pub lines: Vec<LogLine>,
}

/// The lines of a span have these in common: function, invocation, event.
type Key<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// Makes the spans of the lines about one request, in the order in which they end. There are none without a line.
#[must_use]
pub fn from_lines(lines: &[LogLine]) -> Vec<Span> {
    let mut groups: BTreeMap<Key<'_>, Vec<&LogLine>> = BTreeMap::new();
    for line in lines {
        let key = (line.function.as_str(), line.text("request_id"), line.text("event_id"));
        groups.entry(key).or_default().push(line);
    }
    let Some(first) = groups.iter().min_by_key(|(_, lines)| lines.iter().map(|line| line.timestamp).min())
    else {
        return Vec::new();
    };
    let find = |field| lines.iter().find_map(|line| line.text(field));
    // The lines of a function that could not read its event have no correlation id, and the others' still count.
    let story = find("correlation_id").or_else(|| find("event_id")).unwrap_or_default();
    let root = span_id(story, first.0);
    let mut spans: Vec<Span> = groups
        .iter()
        .filter_map(|(key, lines)| {
            let (start, end) = (
                lines.iter().map(|line| line.timestamp).min()?,
                lines.iter().map(|line| line.timestamp).max()?,
            );
            let id = span_id(story, key);
            let cause = publication(&groups, key, start);
            let parent = cause.map(|(publisher, _)| span_id(story, publisher)).or(Some(root));
            Some(Span {
                trace_id: *Uuid::new_v5(&NAMESPACE, story.as_bytes()).as_bytes(),
                span_id: id,
                parent: parent.filter(|parent| *parent != id && id != root),
                service: lines.first()?.service.clone(),
                function: key.0.to_owned(),
                is_consumer: cause.is_some(),
                start: cause.map_or(start, |(_, published)| published),
                end,
                error: error(lines),
                lines: lines.iter().map(|line| (*line).clone()).collect(),
            })
        })
        .collect();
    spans.sort_by_key(|span| (span.end, span.span_id));
    spans
}

/// The last publication of the span's event by another function before the span's first line, and its time.
fn publication<'a>(
    groups: &'a BTreeMap<Key<'a>, Vec<&LogLine>>,
    (function, _, event): &Key<'_>,
    before: Timestamp,
) -> Option<(&'a Key<'a>, Timestamp)> {
    event.as_ref()?;
    let others = groups.iter().filter(|((other, _, published), _)| other != function && published == event);
    let publications = others.flat_map(|(key, lines)| lines.iter().map(move |line| (key, line)));
    publications
        .filter(|(_, line)| line.message == PUBLISHED && line.timestamp <= before)
        .map(|(key, line)| (key, line.timestamp))
        .max_by_key(|(_, published)| *published)
}

/// The name of the last failure, unless the work ended well after it.
fn error(lines: &[&LogLine]) -> Option<String> {
    let last =
        lines.iter().rev().find(|line| line.fields.contains_key("outcome") || line.level == "ERROR")?;
    let failed = last.level == "ERROR" || last.message == FAILED;
    failed.then(|| last.text("error_type").unwrap_or(&last.message).to_owned())
}

fn span_id(story: &str, (function, request, event): &Key<'_>) -> [u8; 8] {
    let name = [story, function, request.unwrap_or_default(), event.unwrap_or_default()].join("\n");
    let (high, _) = Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_u64_pair();
    high.to_be_bytes()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A line of this function about this event.
    pub(crate) fn line(second: u32, function: &str, event: &str, message: &str) -> LogLine {
        serde_json::from_value(json!({
            "timestamp": format!("2026-11-24T05:00:{second:02}.000Z"), "level": "INFO", "service": format!("service of {function}"),
            "function": function, "message": message, "request_id": format!("request of {function}"), "event_id": event,
            "correlation_id": "story-1", "outcome": (message == "handled").then_some("made"),
        }))
        .unwrap()
    }

    /// A ride that is accepted, published, and handled by two services.
    pub(crate) fn story() -> Vec<LogLine> {
        vec![
            line(0, "submit", "ride", "answered"),
            line(1, "publish", "ride", "published"),
            line(3, "award", "ride", "handled"),
            line(4, "notify", "ride", "handled"),
            line(9, "notify", "ride-collected", "handled"),
        ]
    }

    fn of<'a>(spans: &'a [Span], function: &str) -> &'a Span {
        spans.iter().find(|span| span.function == function).unwrap()
    }

    #[test]
    fn an_event_leads_from_its_publisher_to_each_subscriber() {
        let spans = from_lines(&story());
        assert_eq!(spans.len(), 5);
        let (submit, publish, award) = (of(&spans, "submit"), of(&spans, "publish"), of(&spans, "award"));
        assert_eq!((submit.parent, publish.parent), (None, Some(submit.span_id)));
        assert_eq!((award.parent, award.is_consumer), (Some(publish.span_id), true));
        assert_eq!((award.start, award.end), (publish.end, "2026-11-24T05:00:03Z".parse().unwrap()));
        assert_eq!(of(&spans, "notify").parent, Some(publish.span_id), "only a publication is a cause");
        assert!(!publish.is_consumer, "the request wrote a row, and published nothing");
        // No line says how it was published: it follows from the request.
        let paid = spans.last().unwrap();
        assert_eq!((paid.parent, paid.is_consumer), (Some(submit.span_id), false));
        assert!(spans.iter().all(|span| span.trace_id == submit.trace_id));
    }

    #[test]
    fn the_same_lines_in_any_order_give_the_same_ids() {
        let mut turned = story();
        turned.reverse();
        let ids = |lines: &[LogLine]| {
            let mut ids: Vec<_> =
                from_lines(lines).into_iter().map(|span| (span.span_id, span.parent, span.start)).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(ids(&story()), ids(&turned));
        let distinct: std::collections::BTreeSet<_> =
            from_lines(&story()).iter().map(|span| span.span_id).collect();
        assert_eq!(distinct.len(), 5);
    }

    #[test]
    fn a_first_line_without_a_correlation_id_leaves_the_storys_id_as_it_is() {
        let mut first = line(0, "gateway", "other", "answered");
        first.fields.remove("correlation_id");
        let lines = [vec![first.clone()], story()].concat();
        let trace = from_lines(&story())[0].trace_id;
        assert!(from_lines(&lines).iter().all(|span| span.trace_id == trace));
        let alone = from_lines(&[first])[0].trace_id;
        assert_eq!(alone, *Uuid::new_v5(&NAMESPACE, b"other").as_bytes(), "the event's id stands in");
    }

    #[test]
    fn a_failure_is_the_spans_unless_a_later_attempt_in_it_ends_well() {
        let mut failed = line(5, "award", "ride", "failed");
        failed.level = "WARN".to_owned();
        failed.fields.insert("outcome".to_owned(), "dead-lettered".into());
        failed.fields.insert("error_type".to_owned(), "MalformedEvent".into());
        assert_eq!(from_lines(&[failed.clone()])[0].error.as_deref(), Some("MalformedEvent"));
        let later = line(6, "award", "ride", "handled");
        let times = (failed.timestamp, later.timestamp);
        let span = from_lines(&[failed, later]).remove(0);
        assert_eq!((span.error, (span.start, span.end)), (None, times), "from its first line to its last");
    }

    #[test]
    fn an_error_without_an_outcome_is_the_spans_by_its_own_name_or_its_message() {
        let mut panicked = line(5, "award", "ride", "panicked");
        panicked.level = "ERROR".to_owned();
        panicked.fields.remove("outcome");
        assert_eq!(from_lines(&[panicked.clone()])[0].error.as_deref(), Some("panicked"));
        panicked.fields.insert("error_type".to_owned(), "Panic".into());
        assert_eq!(from_lines(&[panicked])[0].error.as_deref(), Some("Panic"));
    }

    #[test]
    fn the_cause_is_the_last_publication_before_the_work() {
        let mut lines = story();
        // Published once more before the work on it, and again after it.
        lines.insert(2, line(2, "publish-again", "ride", "published"));
        lines.push(line(5, "publish-later", "ride", "published"));
        let spans = from_lines(&lines);
        assert_eq!(of(&spans, "award").parent, Some(of(&spans, "publish-again").span_id));
    }

    #[test]
    fn the_first_span_has_no_parent_even_if_its_publication_has_the_same_time() {
        let lines = [line(0, "award", "ride", "handled"), line(0, "publish", "ride", "published")];
        let spans = from_lines(&lines);
        assert_eq!(of(&spans, "award").parent, None);
        assert_eq!(of(&spans, "publish").parent, Some(of(&spans, "award").span_id), "no circle");
    }

    #[test]
    fn each_invocation_for_an_event_is_a_span() {
        let mut again = line(6, "award", "ride", "handled");
        again.fields.insert("request_id".to_owned(), "another request".into());
        let spans = from_lines(&[story(), vec![again]].concat());
        let ids: std::collections::BTreeSet<_> =
            spans.iter().filter(|span| span.function == "award").map(|span| span.span_id).collect();
        assert_eq!(ids.len(), 2);
    }

    #[test]
    fn no_lines_are_no_spans() {
        assert_eq!(from_lines(&[]), []);
    }
}
