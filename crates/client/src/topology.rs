//! The topology of a deployment: its parts, and the ways of messages between them. It is read from what is deployed, so a new service
//! appears without being named anywhere.

mod found;
mod links;
mod parts;

use serde::Serialize;
use serde_json::Value;

use self::{found::Found, links::Links, parts::Parts};
use crate::{deployment::Deployment, error::Error};

/// The parts of a deployment, and the edges between them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Topology {
    /// The services, each with an id.
    pub lanes: Vec<Lane>,
    /// The parts.
    pub nodes: Vec<Node>,
    /// The ways of messages and calls.
    pub edges: Vec<Edge>,
}

/// A service, or the apps of customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// The id that nodes name.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A part of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// The service, and the name of the resource in its template.
    pub id: String,
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The service.
    pub lane: String,
    /// The source of a function's program, from the root of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The queue or the function whose dead letters a queue takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letters_of: Option<String>,
    /// Its URL, ARN, id or name, as AWS addresses it.
    #[serde(skip)]
    pub address: String,
}

impl Node {
    /// The name of a queue: the end of its URL.
    #[must_use]
    pub fn queue_name(&self) -> &str {
        self.address.rsplit('/').next().unwrap_or(&self.address)
    }
}

/// The kind of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Client,
    Api,
    Function,
    Topic,
    Queue,
    DeadLetterQueue,
    Table,
    StateMachine,
    Bucket,
    Email,
}

/// A way of messages, or of calls.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    /// Its kind and its ends.
    pub id: String,
    /// The node that it begins at.
    pub from: String,
    /// The node that it ends at.
    pub to: String,
    /// The kind.
    pub kind: Way,
    /// The filter policy of a subscription.
    pub filter: Option<Value>,
    /// False while an event source is switched off.
    pub enabled: bool,
    /// The event source mapping of a function that polls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
}

/// The kind of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Way {
    Calls,
    Reads,
    Writes,
    Streams,
    Publishes,
    Delivers,
    Polls,
    Sends,
    Starts,
    Tasks,
    Mails,
    Redrives,
}

impl Way {
    /// The name, as JSON has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Streams => "streams",
            Self::Publishes => "publishes",
            Self::Delivers => "delivers",
            Self::Polls => "polls",
            Self::Sends => "sends",
            Self::Starts => "starts",
            Self::Tasks => "tasks",
            Self::Mails => "mails",
            Self::Redrives => "redrives",
        }
    }
}

impl Topology {
    /// Reads the topology of a deployment.
    pub async fn read(deployment: &Deployment) -> Result<Self, Error> {
        let parts = Parts::read(deployment).await?;
        let found = Found::read(deployment, &parts.nodes).await?;
        Ok(Links::new(parts, found).into_topology())
    }

    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The edges of a kind that end at a node.
    pub fn ending_at<'a>(&'a self, node: &'a str, way: Way) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.to == node && edge.kind == way)
    }

    /// The edges of a kind that begin at a node.
    pub fn beginning_at<'a>(&'a self, node: &'a str, way: Way) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.from == node && edge.kind == way)
    }
}
