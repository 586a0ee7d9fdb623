//! The deployment as the console knows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::{StatusCode, Uri};
use client::{
    Deployment, Error,
    topology::{Edge, Node, Topology, Way},
};
use serde_json::{Value, json};

use super::{
    answers::Answers,
    campaign::Campaign,
    depth::Depth,
    feed::Feed,
    motion::Recent,
    pace::Pace,
    races::Races,
    refusal::Refusal,
    switched_off::{SwitchedOff, switch, switch_on},
};

/// The tries to read the first topology, and the pause between two.
const TRIES: u32 = 8;
const PAUSE: Duration = Duration::from_secs(1);

/// The world, as a handler gets it.
pub type Shared = axum::extract::State<Arc<World>>;

/// The state of the console.
#[derive(Debug)]
pub struct World {
    pub feed: Feed,
    pub allow_actions: bool,
    pub local: bool,
    state: Mutex<State>,
}

/// The part that changes.
#[derive(Debug)]
pub struct State {
    pub deployment: Arc<Deployment>,
    pub topology: Arc<Topology>,
    pub depths: BTreeMap<String, Depth>,
    pub off: BTreeSet<String>,
    pub recent: Recent,
    pub races: Races,
    pub answers: Answers,
    pub campaign: Campaign,
    switched_off: SwitchedOff,
}

impl World {
    pub async fn read(
        deployment: Deployment,
        allow_actions: bool,
        switched_off: SwitchedOff,
    ) -> Result<Self, Error> {
        let topology = first_topology(&deployment).await?;
        Ok(Self::new(deployment, topology, allow_actions, switched_off))
    }

    pub fn new(
        deployment: Deployment,
        topology: Topology,
        allow_actions: bool,
        switched_off: SwitchedOff,
    ) -> Self {
        let local = deployment.aws().endpoint_url().is_some_and(is_on_this_machine);
        let state = State {
            deployment: Arc::new(deployment),
            off: off(&topology),
            topology: Arc::new(topology),
            depths: BTreeMap::new(),
            recent: Recent::default(),
            races: Races::default(),
            answers: Answers::default(),
            campaign: Campaign::default(),
            switched_off,
        };
        Self { feed: Feed::default(), allow_actions, local, state: Mutex::new(state) }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn pace(&self) -> Pace {
        if self.local { Pace::LOCAL } else { Pace::AWS }
    }

    pub fn deployment(&self) -> Arc<Deployment> {
        Arc::clone(&self.state().deployment)
    }

    pub fn topology(&self) -> Arc<Topology> {
        Arc::clone(&self.state().topology)
    }

    /// The topology, with what the page must know of the stage.
    pub fn described(&self) -> Value {
        let state = self.state();
        let region = state.deployment.aws().region().map(ToString::to_string);
        let mut described = serde_json::to_value(&*state.topology).unwrap_or_default();
        for (name, value) in [
            ("stage", json!(state.deployment.stage)),
            ("region", json!(region)),
            ("local", json!(self.local)),
            ("actions", json!(self.allow_actions)),
            ("replay", json!(false)),
        ] {
            described[name] = value;
        }
        described
    }

    /// Takes a topology that was read anew.
    pub fn set(&self, deployment: Deployment, topology: Topology) {
        {
            let mut state = self.state();
            state.off = off(&topology);
            state.deployment = Arc::new(deployment);
            state.topology = Arc::new(topology);
        }
        self.feed.send("topology", &self.described());
        self.tell_off();
    }

    pub fn tell_off(&self) {
        let off = json!({"functions_off": self.state().off});
        self.feed.send("state", &off);
    }

    /// Refuses unless the console may act.
    pub fn may_act(&self) -> Result<(), Refusal> {
        if self.allow_actions {
            return Ok(());
        }
        let remedy = "Start it again with rydes console --allow-actions.";
        Err(Refusal::new(StatusCode::FORBIDDEN, "This console only watches.", remedy))
    }

    /// Refuses unless the deployment is an emulator's.
    pub fn may_break(&self) -> Result<(), Refusal> {
        self.may_act()?;
        if self.local {
            return Ok(());
        }
        Err(Refusal::new(StatusCode::FORBIDDEN, "That is done on an emulator only.", "Try it with make up."))
    }

    /// The node of an id.
    pub fn node(&self, id: &str) -> Result<Node, Refusal> {
        let found = self.topology().node(id).cloned();
        found.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, format!("There is no {id}."), ""))
    }

    /// Switches the event sources of a function on or off.
    pub async fn switch(&self, function: &str, enabled: bool) -> Result<(), Refusal> {
        let mappings: Vec<(String, bool)> = self
            .topology()
            .ending_at(function, Way::Polls)
            .filter_map(|edge| Some((edge.mapping.clone()?, edge.enabled)))
            .collect();
        for (mapping, was_enabled) in mappings {
            // Noted before the call, so that it is switched on again even if the call fails or its answer is lost.
            if !enabled && was_enabled {
                self.state().switched_off.insert(&mapping)?;
            }
            switch(&self.deployment(), &mapping, enabled).await?;
            if enabled {
                self.state().switched_off.remove(&mapping);
            }
        }
        {
            let mut state = self.state();
            if enabled {
                state.off.remove(function);
            } else {
                state.off.insert(function.to_owned());
            }
        }
        self.tell_off();
        Ok(())
    }

    /// Switches on all that the console has switched off.
    pub async fn bring_all_up(&self) {
        let mappings = self.state().switched_off.all();
        for mapping in switch_on(&self.deployment(), mappings).await {
            self.state().switched_off.remove(&mapping);
        }
    }
}

/// True if the host of an endpoint is this machine, as an emulator's is.
fn is_on_this_machine(endpoint: &str) -> bool {
    let host = endpoint.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()))
}

/// Reads the topology, again if something fails: an emulator that was deployed to a moment ago may not answer every call yet.
async fn first_topology(deployment: &Deployment) -> Result<Topology, Error> {
    for _ in 0..TRIES {
        if let Ok(topology) = Topology::read(deployment).await {
            return Ok(topology);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Topology::read(deployment).await
}

/// The functions of which an event source is switched off.
fn off(topology: &Topology) -> BTreeSet<String> {
    let off = |edge: &&Edge| edge.kind == Way::Polls && !edge.enabled;
    topology.edges.iter().filter(off).map(|edge| edge.to.clone()).collect()
}

#[cfg(test)]
mod tests;
