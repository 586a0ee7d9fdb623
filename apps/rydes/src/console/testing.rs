//! A small system for tests: a request becomes a row, its event goes to a queue with a filter and to one without, and a state machine
//! calls a function. And an AWS that counts its calls.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use client::{
    Deployment,
    logs::LogLine,
    topology::{Edge, Kind, Node, Topology, Way},
};
use serde_json::{Value, json};

use super::{switched_off::SwitchedOff, world::World};

const STACKS: &str = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>\
    <StackName>wild-rydes-dev-herd</StackName><CreationTime>2026-11-27T12:00:00Z</CreationTime>\
    <StackStatus>CREATE_COMPLETE</StackStatus>\
    </member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

/// An AWS that counts calls. No function writes a line there.
#[derive(Debug, Clone, Default)]
pub struct Aws {
    pub calls: Arc<Mutex<BTreeMap<String, u64>>>,
    /// The depth of every queue changes all the time.
    pub moves: bool,
    /// Event source mappings can't be switched.
    pub refuses: bool,
    /// It is an emulator on this machine.
    pub local: bool,
}

impl Aws {
    /// The stage `dev`.
    pub async fn deployment(&self) -> Deployment {
        let connector = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client_fn(move |_, _| connector.clone()));
        config.set_endpoint_url(self.local.then(|| "http://127.0.0.1:4566".to_owned()));
        let deployment = Deployment::find_with("dev", config.build()).await.unwrap();
        self.take_calls();
        deployment
    }

    /// A console of the small system.
    pub async fn world(&self, allow_actions: bool) -> Arc<World> {
        let deployment = self.deployment().await;
        Arc::new(World::new(deployment, topology(), allow_actions, SwitchedOff::default()))
    }

    /// The calls since the last time, by their operation.
    pub fn take_calls(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn answer(&self, operation: &str) -> (u16, String) {
        match operation {
            "DescribeStacks" => (200, STACKS.to_owned()),
            "FilterLogEvents" => (200, r#"{"events":[]}"#.to_owned()),
            "GetQueueAttributes" => {
                let depth = if self.moves { self.calls.lock().unwrap().values().sum() } else { 0 };
                (200, format!(r#"{{"Attributes":{{"ApproximateNumberOfMessages":"{depth}"}}}}"#))
            }
            "event-source-mappings" if self.refuses => (403, "{}".to_owned()),
            "event-source-mappings" => (200, "{}".to_owned()),
            other => panic!("the console calls {other}"),
        }
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let form = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
        // Lambda's API has paths: /2015-03-31/event-source-mappings/<id>
        let path = request.uri().rsplit('/').nth(1);
        let operation = target.or(form).or(path).unwrap_or_default().to_owned();
        let (status, answer) = self.answer(&operation);
        *self.calls.lock().unwrap().entry(operation).or_default() += 1;
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(answer))))
    }
}

/// The story of every line.
pub const STORY: &str = "story-1";

pub fn topology() -> Topology {
    let nodes = [
        (Kind::Client, "client"),
        (Kind::Api, "rides/Api"),
        (Kind::Function, "rides/Submit"),
        (Kind::Function, "rides/Query"),
        (Kind::Table, "rides/Rides"),
        (Kind::Function, "rides/Tell"),
        (Kind::Topic, "rides/Done"),
        (Kind::Queue, "points/Queue"),
        (Kind::DeadLetterQueue, "points/Dlq"),
        (Kind::Function, "points/Award"),
        (Kind::Table, "points/Points"),
        (Kind::Queue, "features/Queue"),
        (Kind::Function, "features/Feature"),
        (Kind::Api, "bookings/Api"),
        (Kind::Queue, "bookings/Queue"),
        (Kind::Function, "bookings/Book"),
        (Kind::Topic, "bookings/Booked"),
        (Kind::Queue, "quotes/Queue"),
        (Kind::Function, "quotes/Decide"),
        (Kind::StateMachine, "fares/Machine"),
        (Kind::Function, "fares/Pay"),
        (Kind::Table, "fares/Payments"),
    ];
    let filter = json!({"fare": [{"numeric": [">=", 50]}]});
    let edges = [
        edge(Way::Calls, "client", "rides/Api"),
        edge(Way::Calls, "rides/Api", "rides/Submit"),
        edge(Way::Calls, "rides/Api", "rides/Query"),
        edge(Way::Writes, "rides/Submit", "rides/Rides"),
        edge(Way::Reads, "rides/Query", "rides/Rides"),
        edge(Way::Streams, "rides/Rides", "rides/Tell"),
        edge(Way::Publishes, "rides/Tell", "rides/Done"),
        edge(Way::Delivers, "rides/Done", "points/Queue"),
        Edge { filter: Some(filter.clone()), ..edge(Way::Delivers, "rides/Done", "features/Queue") },
        Edge { mapping: Some("mapping".to_owned()), ..edge(Way::Polls, "points/Queue", "points/Award") },
        edge(Way::Redrives, "points/Queue", "points/Dlq"),
        edge(Way::Writes, "points/Award", "points/Points"),
        edge(Way::Polls, "features/Queue", "features/Feature"),
        edge(Way::Calls, "client", "bookings/Api"),
        edge(Way::Sends, "bookings/Api", "bookings/Queue"),
        edge(Way::Polls, "bookings/Queue", "bookings/Book"),
        edge(Way::Publishes, "bookings/Book", "bookings/Booked"),
        Edge { filter: Some(filter), ..edge(Way::Delivers, "bookings/Booked", "quotes/Queue") },
        edge(Way::Polls, "quotes/Queue", "quotes/Decide"),
        edge(Way::Tasks, "fares/Machine", "fares/Pay"),
        edge(Way::Writes, "fares/Pay", "fares/Payments"),
    ];
    let node = |(kind, id): (Kind, &str)| Node {
        id: id.to_owned(),
        kind,
        name: id.rsplit('/').next().unwrap_or(id).to_lowercase(),
        lane: id.split('/').next().unwrap_or(id).to_owned(),
        code: None,
        dead_letters_of: (kind == Kind::DeadLetterQueue).then(|| "points/Queue".to_owned()),
        address: id.to_owned(),
    };
    Topology { lanes: Vec::new(), nodes: nodes.into_iter().map(node).collect(), edges: edges.into() }
}

fn edge(kind: Way, from: &str, to: &str) -> Edge {
    Edge {
        id: format!("{}:{from}->{to}", kind.name()),
        from: from.to_owned(),
        to: to.to_owned(),
        kind,
        filter: None,
        enabled: true,
        mapping: None,
    }
}

/// A line of a function about the story, with these fields.
pub fn line(function: &str, message: &str, fields: &Value) -> LogLine {
    let mut line = json!({
        "timestamp": "2026-11-27T12:00:00.500Z",
        "level": "INFO",
        "service": "rides",
        "function": function,
        "message": message,
        "correlation_id": STORY,
    });
    for (name, value) in fields.as_object().into_iter().flatten() {
        line[name] = value.clone();
    }
    serde_json::from_value(line).unwrap()
}
