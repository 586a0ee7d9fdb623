//! Replaying: shows a recorded session in its own time, again and again. Nothing is asked of AWS or of an emulator.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::sse::{Event, Sse},
    routing::get,
};
use futures_util::Stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use super::{
    feed::Feed,
    news::merge,
    recording::{Line, Recording, What},
    refusal::{Answer, Refusal},
};

/// The pause after the end.
const PAUSE: Duration = Duration::from_secs(5);

/// Shows a recording to the pages that are open.
#[derive(Debug)]
pub struct Player {
    feed: Feed,
    recording: Recording,
    shown: Mutex<Shown>,
}

/// The state of a page at this moment of the recording.
#[derive(Debug, Default)]
struct Shown {
    topology: Value,
    depths: Value,
    state: Value,
    answers: BTreeMap<String, Value>,
}

type Shared = State<Arc<Player>>;

impl Player {
    pub fn new(recording: Recording) -> Self {
        let player = Self { feed: Feed::default(), recording, shown: Mutex::new(Shown::default()) };
        player.rewind();
        player
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state before the first line, with the first topology, which a page needs to draw anything.
    fn rewind(&self) {
        let first = self.recording.lines.iter().find(|line| line.what == What::Topology);
        let topology = first.map(|line| of_a_recording(line.data.clone())).unwrap_or_default();
        *self.shown() = Shown {
            topology,
            depths: json!({"queues": {}}),
            state: json!({"functions_off": []}),
            ..Shown::default()
        };
    }

    /// Plays whenever a page is open, until the program ends.
    pub async fn play(&self) {
        loop {
            self.feed.watched().await;
            self.rewind();
            self.play_once().await;
            self.feed.notice("info", "The recording has ended. It begins again in 5 seconds.");
            sleep(PAUSE).await;
        }
    }

    async fn play_once(&self) {
        let start = Instant::now();
        // The page compares times with its clock, so the session seems to be now.
        let since = Timestamp::now().duration_since(self.recording.head.recorded_at);
        for line in &self.recording.lines {
            sleep_until(start + Duration::from_millis(line.at_ms)).await;
            let mut data = line.data.clone();
            shift(&mut data, since);
            self.show(line, data);
        }
    }

    fn show(&self, line: &Line, mut data: Value) {
        {
            let mut shown = self.shown();
            match line.what {
                What::Topology => {
                    data = of_a_recording(data);
                    shown.topology = data.clone();
                }
                What::Depths => {
                    merge(&mut shown.depths, data);
                    data = shown.depths.clone();
                }
                What::State => shown.state = data.clone(),
                What::Motion => lengthen(&mut data, &shown.topology),
                What::Answer => {
                    let view = line.view.clone().unwrap_or_default();
                    return merge(shown.answers.entry(view).or_default(), data);
                }
                What::Notice | What::End => {}
            }
        }
        if let Some(name) = line.what.name() {
            self.feed.send(name, &data);
        }
    }

    /// The answer of a view at this moment.
    fn answer(&self, view: &str) -> Option<Value> {
        let shown = self.shown();
        match view.split_once('/') {
            Some(("quotes", id)) => {
                let requests = shown.answers.get("quotes")?.as_array()?;
                requests.iter().find(|request| request["id"] == id).cloned()
            }
            _ if ["messages", "quotes", "saga/executions", "dead-letters"].contains(&view) => {
                Some(shown.answers.get(view).cloned().unwrap_or_else(|| json!([])))
            }
            _ if view == "patterns" => {
                let mut patterns = shown.answers.get(view)?.clone();
                link(&mut patterns, &shown.topology);
                Some(patterns)
            }
            _ => shown.answers.get(view).cloned(),
        }
    }
}

pub fn routes() -> Router<Arc<Player>> {
    Router::new()
        .route("/api/topology", get(async |State(player): Shared| Json(player.shown().topology.clone())))
        .route("/api/events", get(events))
        .route("/api/{*view}", get(view).post(async || refuse()))
}

async fn events(State(player): Shared) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let now = {
        let shown = player.shown();
        vec![
            ("topology", shown.topology.clone()),
            ("state", shown.state.clone()),
            ("depths", shown.depths.clone()),
        ]
    };
    player.feed.open(now)
}

async fn view(State(player): Shared, Path(view): Path<String>) -> Answer {
    let none =
        || Refusal::new(StatusCode::NOT_FOUND, format!("The recording has no {view} at this moment."), "");
    player.answer(&view).map(Json).ok_or_else(none)
}

fn refuse() -> Refusal {
    let remedy = "Open a stage that runs: make console.";
    Refusal::new(StatusCode::CONFLICT, "This is a recording: nothing can be done in it.", remedy)
}

/// A topology of which the page knows that it is recorded.
fn of_a_recording(mut topology: Value) -> Value {
    topology["replay"] = json!(true);
    topology["actions"] = json!(false);
    topology
}

/// Gives steps the ends of their edges.
fn lengthen(motion: &mut Value, topology: &Value) {
    let edges = topology["edges"].as_array().map(Vec::as_slice).unwrap_or_default();
    for step in motion["steps"].as_array_mut().into_iter().flatten() {
        let edge = edges.iter().find(|edge| edge["id"] == step["edge"]).cloned().unwrap_or_default();
        for end in ["from", "to"] {
            step[end] = edge[end].clone();
        }
    }
}

/// Gives patterns the edges between their nodes.
fn link(patterns: &mut Value, topology: &Value) {
    for pattern in patterns.as_array_mut().into_iter().flatten() {
        let within = |end: &Value| pattern["nodes"].as_array().is_some_and(|nodes| nodes.contains(end));
        let edges = topology["edges"].as_array().into_iter().flatten();
        let edges = edges.filter(|edge| within(&edge["from"]) && within(&edge["to"]));
        pattern["edges"] = edges.map(|edge| edge["id"].clone()).collect();
    }
}

/// Moves all times.
fn shift(value: &mut Value, by: SignedDuration) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| shift(value, by)),
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, by)),
        Value::String(text) => {
            let moved = text.parse::<Timestamp>().ok().and_then(|at| at.checked_add(by).ok());
            if let Some(moved) = moved {
                *text = format!("{moved:.3}");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::recording::Head;

    fn line(at_ms: u64, what: What, view: Option<&str>, data: Value) -> Line {
        Line { at_ms, what, view: view.map(str::to_owned), data }
    }

    fn player() -> Player {
        let edge = json!({"id": "a>b", "from": "a", "to": "b"});
        let topology = json!({"lanes": [], "nodes": [], "edges": [edge], "replay": false, "actions": true});
        let lines = vec![
            line(0, What::Topology, None, topology),
            line(
                10,
                What::Depths,
                None,
                json!({"queues": {"q": {"visible": 1, "delayed": 3}, "r": {"visible": 2}}}),
            ),
            line(20, What::Depths, None, json!({"queues": {"q": {"visible": 0}}})),
            line(20, What::Answer, Some("quotes"), json!([{"id": "1", "deadline": "2026-01-01T00:00:20Z"}])),
            line(20, What::Answer, Some("messages/x"), json!({"correlation_id": "x"})),
            line(30, What::End, None, Value::Null),
        ];
        Player::new(Recording { head: Head::at("2026-01-01T00:00:00Z".parse().unwrap()), lines })
    }

    #[tokio::test]
    async fn a_page_sees_the_recording_as_far_as_it_was_played() {
        let player = player();
        assert_eq!(player.shown().topology["replay"], true);
        assert_eq!(player.shown().topology["actions"], false);
        assert_eq!(player.answer("messages"), Some(json!([])));
        assert_eq!(player.answer("messages/x"), None);
        let mut sent = player.feed.listen();
        player.play_once().await;
        let last = std::iter::from_fn(|| sent.try_recv().ok()).last().unwrap();
        let told: Value = serde_json::from_str(&last.data).unwrap();
        assert_eq!((last.name, &told["queues"]["q"]), ("depths", &json!({"visible": 0, "delayed": 3})));
        assert_eq!(
            player.shown().depths["queues"],
            json!({"q": {"visible": 0, "delayed": 3}, "r": {"visible": 2}})
        );
        assert_eq!(player.answer("messages/x"), Some(json!({"correlation_id": "x"})));
        assert_eq!(player.answer("quotes/2"), None);
        let deadline: Timestamp =
            player.answer("quotes/1").unwrap()["deadline"].as_str().unwrap().parse().unwrap();
        let left = deadline.duration_since(Timestamp::now());
        assert!(left > SignedDuration::ZERO && left <= SignedDuration::from_secs(20), "{left}");
        player.rewind();
        assert_eq!(player.answer("messages/x"), None, "it begins again");
    }

    #[test]
    fn a_step_has_the_ends_of_its_edge_again() {
        let mut motion = json!({"steps": [{"edge": "a>b"}, {"edge": "gone"}]});
        lengthen(&mut motion, &player().shown().topology);
        assert_eq!(motion["steps"][0], json!({"edge": "a>b", "from": "a", "to": "b"}));
        assert_eq!(motion["steps"][1]["from"], Value::Null);
    }

    #[test]
    fn a_pattern_has_the_edges_between_its_nodes_again() {
        let mut patterns = json!([{"nodes": ["a", "b"]}, {"nodes": ["a"]}]);
        link(&mut patterns, &player().shown().topology);
        assert_eq!(patterns[0]["edges"], json!(["a>b"]));
        assert_eq!(patterns[1]["edges"], json!([]));
    }

    #[test]
    fn only_times_are_moved() {
        let mut value = json!({"at": "2026-01-01T00:00:00.250Z", "name": "2026", "n": [1, "x"]});
        shift(&mut value, SignedDuration::from_secs(60));
        assert_eq!(value, json!({"at": "2026-01-01T00:01:00.250Z", "name": "2026", "n": [1, "x"]}));
    }
}
