//! Watching: depths of queues, log lines, and deployments, for as long as a page is open.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use aws_sdk_cloudwatchlogs::Client as Logs;
use client::{
    Deployment, Error,
    logs::LogLine,
    queues,
    topology::{Kind, Topology},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::{
    depth::Depth,
    motion::{Step, summed},
    pace::{AT_A_TIME, Pace},
    tail::{Group, Tail},
    world::World,
};

/// The time after the last message for which the system counts as busy.
const CALM: Duration = Duration::from_secs(10);
/// The pause after an error. It is read aloud to some people, so it must not come again at once.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// Watches until the program ends.
pub async fn watch(world: Arc<World>) {
    tokio::join!(motion(&world), depths(&world), deployments(&world));
}

async fn motion(world: &World) {
    let Pace { busy, idle, late, .. } = world.pace();
    let mut tail = Tail::default();
    let (mut last, mut looked) = (Instant::now(), Timestamp::now());
    loop {
        if world.feed.watched().await {
            // Nothing that moved while no page was open is shown as if it moved now.
            looked = Timestamp::now();
            tail.resume(looked.as_millisecond());
        }
        let now = Timestamp::now();
        match look(world, &mut tail, now).await {
            Ok(mut steps) => {
                steps.retain(|step| step.at > looked - late);
                looked = now;
                if !steps.is_empty() {
                    last = Instant::now();
                    world.feed.send("motion", &json!({"at": now, "steps": summed(steps)}));
                }
            }
            Err(error) => trouble(world, &error).await,
        }
        tokio::time::sleep(if last.elapsed() < CALM { busy } else { idle }).await;
    }
}

/// The steps since the last look.
async fn look(world: &World, tail: &mut Tail, now: Timestamp) -> Result<Vec<Step>, Error> {
    let topology = world.topology();
    let deployment = world.deployment();
    let client = Logs::new(deployment.aws());
    let apis = topology.nodes.iter().filter(|node| node.kind == Kind::Api);
    let first: BTreeSet<_> = apis.flat_map(|api| next_functions(&topology, &api.id)).collect();
    let functions = topology.nodes.iter().filter(|node| node.kind == Kind::Function);
    let groups = functions.map(|function| Group {
        name: log_group(&function.address, &deployment.stage),
        is_first: first.contains(function.id.as_str()),
    });
    let found = tail.look(&client, &world.pace(), groups, now.as_millisecond()).await?;
    let mut state = world.state();
    let mut steps = Vec::new();
    for line in &found {
        steps.extend(state.recent.steps(&topology, line));
        state.campaign.count(&topology, line);
        state.races.extend(race(line));
    }
    let depths = state.depths.clone();
    let is_empty = |queue: &str| depths.get(queue).is_none_or(|depth| depth.visible + depth.in_flight == 0);
    steps.extend(state.recent.verdicts(is_empty));
    Ok(steps)
}

/// The ids of the functions that a message may reach from a node without another function between.
fn next_functions<'a>(topology: &'a Topology, from: &'a str) -> BTreeSet<&'a str> {
    let (mut found, mut ways, mut been) = (BTreeSet::new(), vec![from], BTreeSet::new());
    while let Some(at) = ways.pop() {
        if !been.insert(at) {
            continue;
        }
        if topology.node(at).is_some_and(|node| node.kind == Kind::Function) {
            found.insert(at);
        } else {
            let onward = topology.edges.iter().filter(|edge| edge.from == at);
            ways.extend(onward.map(|edge| edge.to.as_str()));
        }
    }
    found
}

/// The log group of a function.
fn log_group(function: &str, stage: &str) -> String {
    let name = function.strip_prefix(&format!("wild-rydes-{stage}-")).unwrap_or(function);
    format!("/wild-rydes/{stage}/{name}")
}

/// The id of the request for quotes that a line tells of.
fn race(line: &LogLine) -> Option<String> {
    let begins = line.message == "answered" && line.function.ends_with("submit-instant-ride-rfq");
    let id = line.text("event_id").or(line.text("correlation_id"));
    id.filter(|_| begins).map(str::to_owned)
}

async fn depths(world: &World) {
    let Pace { depths: shortest, depths_idle: longest, .. } = world.pace();
    let mut pause = shortest;
    loop {
        // Queues may have been empty while no page was open.
        let before = if world.feed.watched().await { BTreeMap::new() } else { world.state().depths.clone() };
        match read_depths(world, &before).await {
            Ok(depths) => {
                let changed = {
                    let mut state = world.state();
                    let changed = state.depths != depths;
                    state.depths.clone_from(&depths);
                    let topology = Arc::clone(&state.topology);
                    state.campaign.sample(&topology, &depths);
                    changed
                };
                if changed {
                    world.feed.send("depths", &json!({"at": Timestamp::now(), "queues": depths}));
                }
                pause = if changed { shortest } else { (pause * 3 / 2).min(longest) };
            }
            Err(error) => trouble(world, &error).await,
        }
        tokio::time::sleep(pause).await;
    }
}

/// Says what went wrong, and waits before the next look.
async fn trouble(world: &World, error: &Error) {
    world.feed.notice("attention", &error.to_string());
    tokio::time::sleep(AFTER_TROUBLE).await;
}

async fn read_depths(
    world: &World,
    before: &BTreeMap<String, Depth>,
) -> Result<BTreeMap<String, Depth>, Error> {
    let topology = world.topology();
    let client = aws_sdk_sqs::Client::new(world.deployment().aws());
    let is_queue = |kind| matches!(kind, Kind::Queue | Kind::DeadLetterQueue);
    let queues = topology.nodes.iter().filter(|node| is_queue(node.kind));
    let depths = queues.map(async |node| {
        let depth = queues::depth(&client, &node.name, &node.address).await?;
        let depth = Depth::after(before.get(&node.id), Timestamp::now(), &depth);
        Ok::<_, Error>((node.id.clone(), depth))
    });
    let depths: Vec<_> = depths.collect();
    stream::iter(depths).buffered(AT_A_TIME).try_collect().await
}

/// Reads the topology anew once something was deployed.
async fn deployments(world: &World) {
    let mut known = fingerprint(&world.deployment());
    loop {
        tokio::time::sleep(world.pace().deployments).await;
        world.feed.watched().await;
        let Ok(deployment) = world.deployment().again().await else { continue };
        let now = fingerprint(&deployment);
        // A stack that is being deployed is looked at again when it is done.
        if now == known || now.contains("IN_PROGRESS") {
            continue;
        }
        if let Ok(topology) = Topology::read(&deployment).await {
            known = now;
            world.set(deployment, topology);
            world.feed.notice("info", "Something was deployed. The map shows it.");
        }
    }
}

fn fingerprint(deployment: &Deployment) -> String {
    format!(
        "{:?}",
        deployment.stacks().map(|(name, stack)| (name, &stack.status, &stack.outputs)).collect::<Vec<_>>()
    )
}

#[cfg(test)]
mod tests;
