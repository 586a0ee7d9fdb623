//! The file of a recorded session: JSON, one line a thing. The first line says what the file is, the last one that it is whole.

use std::{fmt::Write as _, path::Path};

use client::Error;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the file's form. A file of another version is refused.
pub const VERSION: u32 = 1;
const KIND: &str = "rydes console";
/// Faults that are named one by one. More are counted.
const NAMED: usize = 8;
/// The lists without which the page can't draw a map.
const OF_TOPOLOGY: [&str; 3] = ["lanes", "nodes", "edges"];

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    recording: String,
    version: u32,
    pub recorded_at: Timestamp,
}

impl Head {
    pub fn at(recorded_at: Timestamp) -> Self {
        Self { recording: KIND.to_owned(), version: VERSION, recorded_at }
    }
}

/// Something that a page was sent, or what a view would have been answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Milliseconds since the recording began.
    pub at_ms: u64,
    pub what: What,
    /// The view of an answer: its address below `/api/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Topology,
    Depths,
    Motion,
    State,
    Notice,
    /// The part of a view's answer that is new.
    Answer,
    End,
}

impl What {
    const EVENTS: [(Self, &'static str); 5] = [
        (Self::Topology, "topology"),
        (Self::Depths, "depths"),
        (Self::Motion, "motion"),
        (Self::State, "state"),
        (Self::Notice, "notice"),
    ];

    /// The event of a name.
    pub fn event(name: &str) -> Option<Self> {
        Self::EVENTS.iter().find(|(_, known)| *known == name).map(|(what, _)| *what)
    }

    /// The name of an event. An answer and the end are none.
    pub fn name(self) -> Option<&'static str> {
        Self::EVENTS.iter().find(|(what, _)| *what == self).map(|(_, name)| *name)
    }
}

/// A session.
#[derive(Debug, PartialEq)]
pub struct Recording {
    pub head: Head,
    pub lines: Vec<Line>,
}

impl Recording {
    /// Reads a file, or says all that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| Error::Usage(format!("the recording {shown} can't be read: {error}")))?;
        Self::parse(&String::from_utf8_lossy(&bytes)).map_err(|faults| {
            let mut text = format!("{shown} can't be replayed:");
            for fault in faults.iter().take(NAMED) {
                let _ = write!(text, "\n  - {fault}");
            }
            if let more @ 1.. = faults.len().saturating_sub(NAMED) {
                let _ = write!(text, "\n  - and {more} more");
            }
            text.push_str("\n  record another: rydes console --record FILE, ended with Ctrl-C");
            Error::Usage(text)
        })
    }

    fn parse(text: &str) -> Result<Self, Vec<String>> {
        let mut texts = text.lines().zip(1..);
        let Some((first, _)) = texts.next() else { return Err(vec!["it is empty".to_owned()]) };
        // Without a known first line, nothing is known of the others.
        let head = head(first).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        let mut lines: Vec<Line> = Vec::new();
        for (text, number) in texts {
            match serde_json::from_str::<Line>(text) {
                Ok(line) => {
                    faults.extend(fault(&line, lines.last()).map(|fault| format!("line {number} {fault}")));
                    lines.push(line);
                }
                Err(error) if error.is_data() => {
                    faults.push(format!("line {number} is no line of a recording: {}", reason(&error)));
                }
                Err(error) => faults.push(format!("line {number} is not JSON: {}", reason(&error))),
            }
        }
        if !lines.iter().any(|line| line.what == What::Topology) {
            faults.push("it has no topology, so there is no map".to_owned());
        }
        if lines.last().is_none_or(|line| line.what != What::End) {
            faults.push("it is truncated: its last line is not the end".to_owned());
        }
        if faults.is_empty() { Ok(Self { head, lines }) } else { Err(faults) }
    }
}

fn head(text: &str) -> Result<Head, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("line 1 is not JSON: {}", reason(&error)))?;
    if value["recording"] != KIND {
        return Err("line 1 does not say that this is a recording of the console".to_owned());
    }
    if value["version"] != VERSION {
        let version = &value["version"];
        return Err(format!("it is of version {version}, and this rydes reads version {VERSION}"));
    }
    serde_json::from_value(value).map_err(|error| format!("line 1 can't be used: {error}"))
}

/// An error without its place: to the parser each line is the first one.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or_else(|| text.clone(), |(reason, _)| reason.to_owned())
}

/// The fault of a line that can be read, by itself or after the line before it.
fn fault(line: &Line, before: Option<&Line>) -> Option<String> {
    if let Some(before) = before {
        if before.what == What::End {
            return Some("comes after the end".to_owned());
        }
        if line.at_ms < before.at_ms {
            return Some("is earlier than the line before it".to_owned());
        }
    }
    match line.what {
        What::Topology => {
            let missing: Vec<&str> =
                OF_TOPOLOGY.into_iter().filter(|list| !line.data[list].is_array()).collect();
            (!missing.is_empty()).then(|| format!("is a topology without {}", missing.join(", ")))
        }
        What::Answer if line.view.is_none() => Some("is an answer without its view".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HEAD: &str =
        r#"{"recording":"rydes console","version":1,"recorded_at":"2026-11-27T18:00:00.000Z"}"#;
    const MAP: &str = r#"{"at_ms":0,"what":"topology","data":{"lanes":[],"nodes":[],"edges":[]}}"#;
    const END: &str = r#"{"at_ms":90,"what":"end"}"#;

    fn faults(lines: &[&str]) -> Vec<String> {
        Recording::parse(&lines.join("\n")).unwrap_err()
    }

    #[test]
    fn a_whole_recording_is_read() {
        let answer = r#"{"at_ms":40,"what":"answer","view":"messages","data":[]}"#;
        let read = Recording::parse(&[HEAD, MAP, answer, END].join("\n")).unwrap();
        assert_eq!(read.head.recorded_at, "2026-11-27T18:00:00Z".parse().unwrap());
        let whats: Vec<What> = read.lines.iter().map(|line| line.what).collect();
        assert_eq!(whats, [What::Topology, What::Answer, What::End]);
        assert_eq!(read.lines[1].view.as_deref(), Some("messages"));
    }

    #[test]
    fn a_line_reads_as_it_was_written() {
        let line = Line { at_ms: 7, what: What::Motion, view: None, data: json!({"steps": [1]}) };
        let text = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
    }

    #[test]
    fn a_file_that_is_empty_or_something_else_is_refused_by_its_first_line() {
        assert_eq!(faults(&[]), ["it is empty"]);
        assert!(faults(&["\u{fffd}PNG", "x"])[0].starts_with("line 1 is not JSON"));
        assert!(faults(&[r#"{"a":1}"#, END])[0].contains("does not say that this is a recording"));
        let other = HEAD.replace("\"version\":1", "\"version\":2");
        assert_eq!(faults(&[&other, MAP, END]), ["it is of version 2, and this rydes reads version 1"]);
        let timeless = r#"{"recording":"rydes console","version":1}"#;
        assert!(faults(&[timeless, MAP, END])[0].contains("recorded_at"));
    }

    #[test]
    fn every_fault_of_a_file_is_named() {
        let late = r#"{"at_ms":50,"what":"state","data":{}}"#;
        let early = r#"{"at_ms":40,"what":"state","data":{}}"#;
        let unknown = r#"{"at_ms":60,"what":"weather"}"#;
        let viewless = r#"{"at_ms":60,"what":"answer","data":[]}"#;
        let mapless = r#"{"at_ms":60,"what":"topology","data":{"nodes":[]}}"#;
        let found = faults(&[HEAD, late, early, unknown, viewless, mapless, r#"{"at_ms":70,"what"#]);
        assert_eq!(found.len(), 6, "{found:#?}");
        assert_eq!(found[0], "line 3 is earlier than the line before it");
        assert!(found[1].starts_with("line 4 is no line of a recording: unknown variant `weather`"));
        assert_eq!(found[2], "line 5 is an answer without its view");
        assert_eq!(found[3], "line 6 is a topology without lanes, edges");
        assert_eq!(found[4], "line 7 is not JSON: EOF while parsing a string");
        assert_eq!(found[5], "it is truncated: its last line is not the end");
        assert_eq!(faults(&[HEAD, END]), ["it has no topology, so there is no map"]);
        assert_eq!(faults(&[HEAD, MAP, END, late]).first().unwrap(), "line 4 comes after the end");
    }

    #[test]
    fn a_file_with_many_faults_says_how_many_more_there_are() {
        let path = std::env::temp_dir().join(format!("recording-{}", std::process::id()));
        std::fs::write(&path, format!("{HEAD}\n{MAP}\n{}{END}\n", "x\n".repeat(20))).unwrap();
        let text = Recording::read(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text.matches("is not JSON").count(), NAMED, "{text}");
        assert!(text.contains("and 12 more") && text.contains("rydes console --record FILE"), "{text}");
        assert!(Recording::read(&path).unwrap_err().to_string().contains("can't be read"));
    }
}
