//! The edges of a deployment, each from the resource that makes it: API integrations, event source mappings, subscriptions, redrive
//! policies, the environment of functions, and the definition of state machines.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_lambda::types::EventSourceMappingConfiguration;
use serde_json::Value;

use super::{
    Edge, Kind, Lane, Node, Topology, Way,
    found::Found,
    parts::{Parts, function_name, last},
};

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
    pub fn new(parts: Parts, found: Found) -> Self {
        let mut links = Self { parts, edges: Vec::new(), seen: BTreeSet::new(), readers: BTreeSet::new() };
        links.add_integrations(found.integrations);
        links.add_mappings(&found.mappings);
        for (topic, endpoint, filter) in found.subscriptions {
            links.add(&topic, &endpoint, Way::Delivers, filter);
        }
        for (queue, target) in found.redrives {
            links.set_dead_letters_of(&target, &queue);
        }
        for (function, variables) in found.environments {
            links.add_environment(&function, &variables);
        }
        for (machine, definition) in found.definitions {
            links.add_definition(&machine, &definition);
        }
        links
    }

    /// Adds an edge, and gives it, unless it is there.
    fn link(&mut self, from: String, to: String, kind: Way, filter: Option<Value>) -> Option<&mut Edge> {
        let id = format!("{}:{from}->{to}", kind.name());
        if from == to || !self.seen.insert(id.clone()) {
            return None;
        }
        self.edges.push(Edge { id, from, to, kind, filter, enabled: true, mapping: None });
        self.edges.last_mut()
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
            if let Some(edge) = self.link(from, function.clone(), kind, None) {
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

#[cfg(test)]
mod tests;
