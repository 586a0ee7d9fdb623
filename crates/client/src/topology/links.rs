//! The edges of a deployment, each from the resource that makes it: API integrations, event source mappings, subscriptions, redrive
//! policies, the environment of functions, and the definition of state machines.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::{try_join_all, try_join3, try_join4};
use serde_json::Value;

use super::{
    Edge, Kind, Lane, Node, Topology, Way,
    parts::{Parts, function_name, last},
};
use crate::{deployment::Deployment, error::Error};

const CLIENT: &str = "client";
const CLIENTS: &str = "clients";
/// A table that only counts attempts: no message goes there.
const UNSEEN: &str = "ATTEMPTS_TABLE_NAME";
/// The variables of a function that name its own queues: it polls them, and its event source mapping says so.
const OWN: [&str; 2] = ["BUFFER_QUEUE_URLS", "DEAD_LETTER_QUEUE_URLS"];
/// The variable of a function that sends e-mail.
const SENDER: &str = "SENDER_ADDRESS";

/// The parts, with the edges that were found so far.
#[derive(Debug)]
pub(super) struct Links {
    parts: Parts,
    edges: Vec<Edge>,
    seen: BTreeSet<String>,
    /// The functions that answer nothing but GET.
    readers: BTreeSet<String>,
}

impl Links {
    pub async fn read(deployment: &Deployment, parts: Parts) -> Result<Self, Error> {
        let aws = deployment.aws();
        let of = |kind| parts.nodes.iter().filter(move |node| node.kind == kind);
        let (queues, topics, functions, (apis, machines, mappings)) = try_join4(
            try_join_all(of(Kind::Queue).map(|node| redrive(aws, node))),
            try_join_all(of(Kind::Topic).map(|node| subscriptions(aws, node))),
            try_join_all(of(Kind::Function).map(|node| environment(aws, node))),
            try_join3(
                try_join_all(of(Kind::Api).map(|node| integrations(aws, node))),
                try_join_all(of(Kind::StateMachine).map(|node| definition(aws, node))),
                mappings(aws),
            ),
        )
        .await?;
        let mut links = Self { parts, edges: Vec::new(), seen: BTreeSet::new(), readers: BTreeSet::new() };
        links.add_integrations(apis.into_iter().flatten().collect());
        links.add_mappings(&mappings);
        for (topic, endpoint, filter) in topics.into_iter().flatten() {
            links.add(&topic, &endpoint, Way::Delivers, filter);
        }
        for (queue, target) in queues.into_iter().flatten() {
            links.set_dead_letters_of(&target, &queue);
        }
        for (function, variables) in functions {
            links.add_environment(&function, &variables);
        }
        for (machine, definition) in machines {
            links.add_definition(&machine, &definition);
        }
        Ok(links)
    }

    /// Adds an edge, unless it is there.
    fn link(&mut self, from: String, to: String, kind: Way, filter: Option<Value>) {
        let id = format!("{}:{from}->{to}", kind.name());
        if from != to && self.seen.insert(id.clone()) {
            self.edges.push(Edge { id, from, to, kind, filter, enabled: true, mapping: None });
        }
    }

    /// Adds an edge to the part that a text addresses.
    fn add(&mut self, from: &str, address: &str, kind: Way, filter: Option<Value>) {
        if let Some(to) = self.parts.addressed(address).map(|node| node.id.clone()) {
            self.link(from.to_owned(), to, kind, filter);
        }
    }

    fn add_integrations(&mut self, integrations: Vec<(String, String, String)>) {
        let mut answers: HashMap<String, bool> = HashMap::new();
        for (api, method, uri) in integrations {
            let function = function_name(&uri).and_then(|name| self.parts.named(Kind::Function, name));
            if let Some(function) = function.map(|node| node.id.clone()) {
                *answers.entry(function.clone()).or_insert(true) &= method == "GET";
                self.link(api, function, Way::Calls, None);
            } else if uri.contains(":sqs:")
                && let Some(queue) = self.parts.named(Kind::Queue, last(&uri)).map(|node| node.id.clone())
            {
                self.link(api, queue, Way::Sends, None);
            }
        }
        self.readers = answers.into_iter().filter(|(_, reads)| *reads).map(|(name, _)| name).collect();
    }

    fn add_mappings(&mut self, mappings: &[EventSourceMappingConfiguration]) {
        for mapping in mappings {
            let (Some(source), Some(function)) = (mapping.event_source_arn(), mapping.function_arn()) else {
                continue;
            };
            let function = function_name(function).and_then(|name| self.parts.named(Kind::Function, name));
            let Some(function) = function.map(|node| node.id.clone()) else { continue };
            // arn:aws:dynamodb:…:table/<name>/stream/<time>
            let table = source.split(":table/").nth(1).and_then(|rest| rest.split('/').next());
            let (from, kind) = match table {
                Some(name) => (self.parts.named(Kind::Table, name), Way::Streams),
                None => (self.parts.addressed(source), Way::Polls),
            };
            let Some(from) = from.map(|node| node.id.clone()) else { continue };
            self.link(from, function.clone(), kind, None);
            if let Some(edge) = self.edges.last_mut() {
                edge.enabled = !mapping.state().is_some_and(|state| state.starts_with("Disabl"));
                edge.mapping = mapping.uuid().map(str::to_owned);
            }
            let failed = mapping.destination_config().and_then(|config| config.on_failure()?.destination());
            if let Some(target) = failed {
                self.set_dead_letters_of(target, &function);
            }
        }
    }

    fn set_dead_letters_of(&mut self, target: &str, of: &str) {
        let Some(id) = self.parts.addressed(target).map(|node| node.id.clone()) else { return };
        if let Some(node) = self.parts.nodes.iter_mut().find(|node| node.id == id) {
            node.kind = Kind::DeadLetterQueue;
            node.dead_letters_of = Some(of.to_owned());
        }
        self.link(of.to_owned(), id, Way::Redrives, None);
    }

    fn add_environment(&mut self, function: &str, variables: &HashMap<String, String>) {
        let reads = self.readers.contains(function);
        let mut sorted: Vec<_> = variables.iter().collect();
        sorted.sort();
        for (name, value) in sorted {
            if name == SENDER {
                self.add_email(function);
            }
            if name == UNSEEN || OWN.contains(&name.as_str()) {
                continue;
            }
            for address in value.split(',') {
                let Some(node) = self.parts.addressed(address) else { continue };
                let way = match node.kind {
                    Kind::Table | Kind::Bucket if reads => Way::Reads,
                    Kind::Table | Kind::Bucket => Way::Writes,
                    Kind::Topic => Way::Publishes,
                    Kind::Queue => Way::Sends,
                    Kind::StateMachine => Way::Starts,
                    _ => continue,
                };
                let to = node.id.clone();
                // The table whose stream it reads is a source only.
                let source = self.seen.contains(&format!("{}:{to}->{function}", Way::Streams.name()));
                if !source {
                    self.link(function.to_owned(), to, way, None);
                }
            }
        }
    }

    fn add_email(&mut self, function: &str) {
        let lane = function.split('/').next().unwrap_or_default().to_owned();
        let id = format!("{lane}/email");
        if !self.parts.nodes.iter().any(|node| node.id == id) {
            self.parts.add(part(&id, Kind::Email, "E-mail", &lane));
        }
        self.link(function.to_owned(), id, Way::Mails, None);
    }

    fn add_definition(&mut self, machine: &str, definition: &Value) {
        match definition {
            Value::String(text) => {
                let Some(node) = self.parts.addressed(text) else { return };
                let way = match node.kind {
                    Kind::Function => Way::Tasks,
                    Kind::Table => Way::Writes,
                    Kind::Topic => Way::Publishes,
                    Kind::Queue => Way::Sends,
                    _ => return,
                };
                let to = node.id.clone();
                self.link(machine.to_owned(), to, way, None);
            }
            Value::Array(values) => values.iter().for_each(|value| self.add_definition(machine, value)),
            Value::Object(fields) => fields.values().for_each(|value| self.add_definition(machine, value)),
            _ => {}
        }
    }

    /// The topology, with the apps that call the APIs.
    pub fn into_topology(mut self) -> Topology {
        let apis: Vec<String> = self
            .parts
            .nodes
            .iter()
            .filter(|node| node.kind == Kind::Api)
            .map(|node| node.id.clone())
            .collect();
        self.parts.add(part(CLIENT, Kind::Client, CLIENT, CLIENTS));
        for api in apis {
            self.link(CLIENT.to_owned(), api, Way::Calls, None);
        }
        let mut nodes = self.parts.nodes;
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        let mut lanes: Vec<Lane> =
            nodes.iter().map(|node| Lane { id: node.lane.clone(), name: node.lane.clone() }).collect();
        lanes.dedup();
        lanes.sort_by(|a, b| (a.id != CLIENTS, &a.id).cmp(&(b.id != CLIENTS, &b.id)));
        lanes.dedup();
        let mut edges = self.edges;
        edges.sort_by(|a, b| a.id.cmp(&b.id));
        Topology { lanes, nodes, edges }
    }
}

fn part(id: &str, kind: Kind, name: &str, lane: &str) -> Node {
    Node {
        id: id.to_owned(),
        kind,
        name: name.to_owned(),
        lane: lane.to_owned(),
        code: None,
        dead_letters_of: None,
        address: id.to_owned(),
    }
}

type Aws = aws_config::SdkConfig;

/// The dead-letter queue of a queue.
async fn redrive(aws: &Aws, queue: &Node) -> Result<Option<(String, String)>, Error> {
    let get = aws_sdk_sqs::Client::new(aws).get_queue_attributes().queue_url(&queue.address);
    let got = get.attribute_names(QueueAttributeName::RedrivePolicy).send().await;
    let got = got.map_err(|error| Error::aws("sqs:GetQueueAttributes", &error))?;
    let policy = got.attributes().and_then(|attributes| attributes.get(&QueueAttributeName::RedrivePolicy));
    let policy: Value = policy.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    Ok(target.map(|target| (queue.id.clone(), target.to_owned())))
}

/// The queues that a topic delivers to, each with its filter.
async fn subscriptions(aws: &Aws, topic: &Node) -> Result<Vec<(String, String, Option<Value>)>, Error> {
    let client = aws_sdk_sns::Client::new(aws);
    let mut pages =
        client.list_subscriptions_by_topic().topic_arn(&topic.address).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(subscription) = pages.next().await {
        let subscription =
            subscription.map_err(|error| Error::aws("sns:ListSubscriptionsByTopic", &error))?;
        let (Some("sqs"), Some(arn), Some(endpoint)) =
            (subscription.protocol(), subscription.subscription_arn(), subscription.endpoint())
        else {
            continue;
        };
        let got = client.get_subscription_attributes().subscription_arn(arn).send().await;
        let got = got.map_err(|error| Error::aws("sns:GetSubscriptionAttributes", &error))?;
        let filter = got.attributes().and_then(|attributes| attributes.get("FilterPolicy"));
        let filter = filter.and_then(|text| serde_json::from_str(text).ok());
        found.push((topic.id.clone(), endpoint.to_owned(), filter));
    }
    Ok(found)
}

/// The environment of a function.
async fn environment(aws: &Aws, function: &Node) -> Result<(String, HashMap<String, String>), Error> {
    let client = aws_sdk_lambda::Client::new(aws);
    let got = client.get_function_configuration().function_name(&function.address).send().await;
    let got = got.map_err(|error| Error::aws("lambda:GetFunctionConfiguration", &error))?;
    let variables = got.environment.and_then(|environment| environment.variables);
    Ok((function.id.clone(), variables.unwrap_or_default()))
}

/// The methods of an API, and what they call.
async fn integrations(aws: &Aws, api: &Node) -> Result<Vec<(String, String, String)>, Error> {
    let client = aws_sdk_apigateway::Client::new(aws);
    let get = client.get_resources().rest_api_id(&api.address).embed("methods");
    let mut pages = get.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.map_err(|error| Error::aws("apigateway:GetResources", &error))?;
        for (method, details) in resource.resource_methods.unwrap_or_default() {
            if let Some(uri) = details.method_integration.and_then(|integration| integration.uri) {
                found.push((api.id.clone(), method, uri));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The definition of a state machine.
async fn definition(aws: &Aws, machine: &Node) -> Result<(String, Value), Error> {
    let describe = aws_sdk_sfn::Client::new(aws).describe_state_machine().state_machine_arn(&machine.address);
    let described =
        describe.send().await.map_err(|error| Error::aws("states:DescribeStateMachine", &error))?;
    Ok((machine.id.clone(), serde_json::from_str(&described.definition).unwrap_or_default()))
}

/// All event source mappings.
async fn mappings(aws: &Aws) -> Result<Vec<EventSourceMappingConfiguration>, Error> {
    let client = aws_sdk_lambda::Client::new(aws);
    let mut pages = client.list_event_source_mappings().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(mapping) = pages.next().await {
        found.push(mapping.map_err(|error| Error::aws("lambda:ListEventSourceMappings", &error))?);
    }
    Ok(found)
}
