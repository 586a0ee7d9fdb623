//! Recording: writes what a page is sent, and what its views would be answered, so that a session can be shown again.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json,
    extract::{Path as Id, State},
};
use client::Error;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{broadcast, oneshot};

use super::{
    dead_letters,
    feed::Sent,
    messages,
    news::{merge, news},
    patterns, quotes,
    recording::{Head, Line, What},
    saga,
    world::World,
};

/// The pause between two rounds of questions: about as often as a page asks.
const BETWEEN_ROUNDS: Duration = Duration::from_secs(2);
/// The time for the last round, after the console was told to end.
const LAST_ROUND: Duration = Duration::from_secs(5);
/// Stories, and executions, whose steps are asked for in one round: each is a search, and a recording stays small.
const IN_A_ROUND: usize = 3;

/// The file of a recording.
#[derive(Debug)]
pub struct Tape {
    started: Instant,
    file: File,
    broken: AtomicBool,
}

impl Tape {
    /// Begins a file, which must not be there yet.
    pub fn begin(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let file = File::create_new(path).map_err(|error| {
            Error::Usage(format!(
                "the recording {shown} can't be begun: {error}\n  name a file that is not there yet, in a folder that is"
            ))
        })?;
        let tape = Self { started: Instant::now(), file, broken: AtomicBool::new(false) };
        tape.line(&Head::at(Timestamp::now()));
        Ok(tape)
    }

    fn write(&self, what: What, view: Option<&str>, mut data: Value) {
        mask(&mut data);
        let at_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.line(&Line { at_ms, what, view: view.map(str::to_owned), data });
    }

    /// Writes a line as a whole. A line that can't be written is told once, and the console goes on.
    fn line(&self, line: &impl Serialize) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        if let Err(error) = (&self.file).write_all(text.as_bytes())
            && !self.broken.swap(true, Ordering::Relaxed)
        {
            eprintln!("rydes: the recording is not whole: {error}");
        }
    }
}

/// Masks what may name a person or an account, wherever it is. No view should have it.
fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(mask),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::String(text) if ["@", "arn:", "://"].iter().any(|part| text.contains(part)) => {
            "•••".clone_into(text);
        }
        _ => {}
    }
}

/// Records until it is told to stop, and then ends the file. It counts as an open page, so the console watches meanwhile.
pub async fn record(
    world: Arc<World>,
    tape: Tape,
    events: broadcast::Receiver<Sent>,
    stop: oneshot::Receiver<()>,
) {
    tape.write(What::Topology, None, world.described());
    tape.write(What::State, None, json!({"functions_off": world.state().off}));
    let mut views = Views::default();
    tokio::select! {
        () = record_events(&tape, events) => {}
        () = views.follow(&world, &tape) => {}
        _ = stop => {}
    }
    // A view that does not answer in time keeps its answer of the round before.
    let _ = tokio::time::timeout(LAST_ROUND, views.ask(&world, &tape)).await;
    tape.write(What::End, None, Value::Null);
}

async fn record_events(tape: &Tape, mut events: broadcast::Receiver<Sent>) {
    let mut depths = Value::Null;
    loop {
        let Sent { name, data, .. } = match events.recv().await {
            Ok(sent) => sent,
            Err(broadcast::error::RecvError::Lagged(_)) => continue,
            Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
        };
        let Ok(mut data) = serde_json::from_str::<Value>(&data) else { continue };
        match What::event(name) {
            // Troubles of this console are of no use to others, and may name its account.
            Some(What::Notice) if data["level"] != "info" => {}
            Some(What::Depths) => {
                let Some(new) = news(&depths, &data) else { continue };
                depths = data;
                tape.write(What::Depths, None, new);
            }
            Some(What::Motion) => {
                shorten(&mut data);
                tape.write(What::Motion, None, data);
            }
            Some(what) => tape.write(what, None, data),
            None => {}
        }
    }
}

/// Leaves out of steps what the topology says again, and what is not known.
fn shorten(motion: &mut Value) {
    for step in motion["steps"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        step.retain(|name, value| !value.is_null() && name != "from" && name != "to");
    }
}

/// The recorded answers of the views.
#[derive(Debug, Default)]
struct Views {
    known: BTreeMap<String, Value>,
    /// Stories and executions with steps that are not recorded.
    due: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Views {
    async fn follow(&mut self, world: &Arc<World>, tape: &Tape) {
        loop {
            self.ask(world, tape).await;
            tokio::time::sleep(BETWEEN_ROUNDS).await;
        }
    }

    async fn ask(&mut self, world: &Arc<World>, tape: &Tape) {
        let state = || State(Arc::clone(world));
        let mut patterns = patterns::list(state()).await.0;
        leave_out(&mut patterns, "edges");
        self.take(tape, "patterns", &patterns);
        self.take(tape, "dead-letters", &dead_letters::list(state()).await.0);
        let campaign = world.state().campaign.described();
        self.take(tape, "campaign", &campaign);
        if !self.known.contains_key("saga")
            && let Ok(Json(saga)) = saga::definition(state()).await
        {
            self.take(tape, "saga", &saga);
        }
        let stories = self.take(tape, "messages", &messages::latest(state()).await.0);
        let stories = self.due("messages", stories.as_ref(), "correlation_id");
        // On AWS the searches for one story would use up the account's quota.
        for id in stories.into_iter().filter(|_| world.local) {
            if let Ok(Json(story)) = messages::one(state(), Id(id.clone())).await {
                self.take(tape, &format!("messages/{id}"), &story);
            }
        }
        let executions = match saga::executions(state()).await {
            Ok(Json(executions)) => self.take(tape, "saga/executions", &executions),
            Err(_) => None,
        };
        for id in self.due("saga/executions", executions.as_ref(), "id") {
            if let Ok(Json(mut execution)) = saga::execution(state(), Id(id.clone())).await {
                name_errors(&mut execution);
                self.take(tape, &format!("saga/executions/{id}"), &execution);
            }
        }
        if let Ok(Json(requests)) = quotes::latest(state()).await {
            self.take(tape, "quotes", &requests);
        }
    }

    /// Records what is new in an answer, and gives it back.
    fn take(&mut self, tape: &Tape, view: &str, answer: &Value) -> Option<Value> {
        let known = self.known.entry(view.to_owned()).or_default();
        let new = news(known, answer)?;
        merge(known, new.clone());
        tape.write(What::Answer, Some(view), new.clone());
        Some(new)
    }

    /// The ids of a list whose details are asked for now: those that came to rest since the last round. Those that changed are due.
    fn due(&mut self, list: &'static str, changed: Option<&Value>, key: &str) -> Vec<String> {
        let changed: BTreeSet<String> = changed
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry[key].as_str()?.to_owned()))
            .collect();
        let due = self.due.entry(list).or_default();
        let now: Vec<String> = due.difference(&changed).take(IN_A_ROUND).cloned().collect();
        due.retain(|id| !now.contains(id));
        due.extend(changed);
        now
    }
}

/// Leaves a field out of entries: a replay knows it from the topology.
fn leave_out(entries: &mut Value, field: &str) {
    for entry in entries.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        entry.remove(field);
    }
}

/// Leaves of an execution's errors their names: a cause may quote a provider.
fn name_errors(execution: &mut Value) {
    for step in execution["path"].as_array_mut().into_iter().flatten() {
        if let Some((name, _)) = step["error"].as_str().and_then(|error| error.split_once(": ")) {
            step["error"] = json!(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::recording::Recording;

    fn new_path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("tape-{name}-{}", uuid::Uuid::new_v4()))
    }

    #[test]
    fn a_recording_that_was_written_is_read_again() {
        let path = new_path("whole");
        let tape = Tape::begin(&path).unwrap();
        tape.write(What::Topology, None, json!({"lanes": [], "nodes": [], "edges": []}));
        tape.write(What::Answer, Some("messages"), json!([{"correlation_id": "a"}]));
        tape.write(What::End, None, Value::Null);
        let read = Recording::read(&path);
        let second = Tape::begin(&path);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap().lines.len(), 3);
        let told = second.unwrap_err().to_string();
        assert!(told.contains("name a file that is not there yet"), "{told}");
    }

    #[test]
    fn a_recording_without_its_end_is_not_shown() {
        let path = new_path("open");
        let tape = Tape::begin(&path).unwrap();
        tape.write(What::Topology, None, json!({"lanes": [], "nodes": [], "edges": []}));
        let told = Recording::read(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(told.contains("it is truncated"), "{told}");
    }

    #[test]
    fn nothing_that_may_name_a_person_or_an_account_is_written() {
        let mut value = json!({
            "to": "jane@example.com",
            "rows": [{"error": "arn:aws:sqs:eu-west-1:123456789012:q", "name": "award"}],
            "url": "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
        });
        mask(&mut value);
        assert_eq!(value, json!({"to": "•••", "rows": [{"error": "•••", "name": "award"}], "url": "•••"}));
        let mut execution = json!({"path": [{"error": "CardDeclined: of Jane"}, {"error": null}]});
        name_errors(&mut execution);
        assert_eq!(execution, json!({"path": [{"error": "CardDeclined"}, {"error": null}]}));
    }

    #[test]
    fn details_are_asked_for_once_the_steps_have_come_to_rest() {
        let mut views = Views::default();
        let changed = json!([{"id": "a"}, {"id": "b"}]);
        assert!(views.due("x", Some(&changed), "id").is_empty());
        assert_eq!(views.due("x", Some(&json!([{"id": "b"}])), "id"), ["a"]);
        assert_eq!(views.due("x", None, "id"), ["b"]);
        assert!(views.due("x", None, "id").is_empty());
    }
}
