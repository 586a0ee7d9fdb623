//! Watching: depths of queues, log lines, and deployments, for as long as a page is open.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use aws_sdk_cloudwatchlogs::{Client as Logs, operation::filter_log_events::FilterLogEventsError};
use client::{
    Deployment, Error,
    logs::LogLine,
    queues,
    topology::{Kind, Topology},
};
use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;
use serde_json::json;

use super::{
    depth::Depth,
    motion::{Seen, Step, summed},
    world::World,
};

/// The pause between two looks at the logs while messages move, and while none do.
const BUSY: Duration = Duration::from_millis(250);
const IDLE: Duration = Duration::from_millis(700);
/// AWS answers five searches of logs a second for a whole account, so there each look takes longer.
const ON_AWS: Duration = Duration::from_secs(10);
/// The time after the last message for which the system counts as busy.
const CALM: Duration = Duration::from_secs(10);
/// The pause after an error. It is read aloud to some people, so it must not come again at once.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
const BETWEEN_DEPTHS: Duration = Duration::from_secs(1);
const BETWEEN_DEPTHS_IDLE: Duration = Duration::from_secs(3);
const BETWEEN_DEPLOYMENTS: Duration = Duration::from_secs(3);

/// Watches until the program ends.
pub async fn watch(world: Arc<World>) {
    tokio::join!(motion(&world), depths(&world), deployments(&world));
}

async fn motion(world: &World) {
    let mut groups: HashMap<String, Seen> = HashMap::new();
    let mut last = Instant::now();
    loop {
        world.feed.watched().await;
        let client = Logs::new(world.deployment().aws());
        match look(world, &client, &mut groups).await {
            Ok(steps) if steps.is_empty() => {}
            Ok(steps) => {
                last = Instant::now();
                world.feed.send("motion", &json!({"at": Timestamp::now(), "steps": summed(steps)}));
            }
            Err(error) => trouble(world, &error).await,
        }
        let pause = if last.elapsed() < CALM { BUSY } else { IDLE };
        tokio::time::sleep(if world.local { pause } else { ON_AWS }).await;
    }
}

/// The steps since the last look.
async fn look(world: &World, client: &Logs, groups: &mut HashMap<String, Seen>) -> Result<Vec<Step>, Error> {
    let topology = world.topology();
    let stage = world.deployment().stage.clone();
    let names = topology.nodes.iter().filter(|node| node.kind == Kind::Function);
    let now = Timestamp::now().as_millisecond();
    let looks = names.map(|node| {
        let group = format!("/wild-rydes/{stage}/{}", group_of(&node.address, &stage));
        let since = groups.entry(group.clone()).or_insert_with(|| Seen::from(now)).since;
        async move { (lines(client, &group, since).await, group) }
    });
    let mut found: Vec<LogLine> = Vec::new();
    let mut failed = None;
    for (lines, group) in join_all(looks).await {
        let Some(seen) = groups.get_mut(&group) else { continue };
        // The lines of other groups count as seen, so they are shown even if this search failed. It is made again.
        let lines = lines.unwrap_or_else(|error| {
            failed = Some(error);
            Vec::new()
        });
        for (at, line) in lines {
            if seen.is_new(at, &line) {
                found.extend(serde_json::from_str(&line));
            }
        }
    }
    if let (Some(error), true) = (failed, found.is_empty()) {
        return Err(error);
    }
    found.sort_by_key(|line| line.timestamp);
    let mut state = world.state();
    let mut steps = Vec::new();
    for line in &found {
        steps.extend(state.recent.steps(&topology, line));
        state.campaign.count(&topology, line);
        if line.message == "answered" && line.function.ends_with("submit-instant-ride-rfq") {
            let id = line.text("event_id").or(line.text("correlation_id"));
            state.rfqs.extend(id.map(str::to_owned));
        }
    }
    let depths = state.depths.clone();
    let is_empty = |queue: &str| depths.get(queue).is_none_or(|depth| depth.visible + depth.in_flight == 0);
    steps.extend(state.recent.verdicts(is_empty));
    Ok(steps)
}

/// The log group of a function, which is called as the function is.
fn group_of<'a>(function: &'a str, stage: &str) -> &'a str {
    function.strip_prefix(&format!("wild-rydes-{stage}-")).unwrap_or(function)
}

/// The lines of a group from a time on, each with its time. A group that is not there yet has none.
async fn lines(client: &Logs, group: &str, since: i64) -> Result<Vec<(i64, String)>, Error> {
    let found = client.filter_log_events().log_group_name(group).start_time(since).send().await;
    let found = match found {
        Ok(found) => found,
        Err(error)
            if error
                .as_service_error()
                .is_some_and(FilterLogEventsError::is_resource_not_found_exception) =>
        {
            return Ok(Vec::new());
        }
        Err(error) => return Err(Error::aws("logs:FilterLogEvents", &error)),
    };
    let events = found.events.unwrap_or_default().into_iter();
    Ok(events.filter_map(|event| Some((event.timestamp?, event.message?))).collect())
}

async fn depths(world: &World) {
    let mut pause = BETWEEN_DEPTHS;
    loop {
        world.feed.watched().await;
        match read_depths(world).await {
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
                pause = if changed { BETWEEN_DEPTHS } else { (pause * 3 / 2).min(BETWEEN_DEPTHS_IDLE) };
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

async fn read_depths(world: &World) -> Result<BTreeMap<String, Depth>, Error> {
    let topology = world.topology();
    let client = aws_sdk_sqs::Client::new(world.deployment().aws());
    let is_queue = |kind| matches!(kind, Kind::Queue | Kind::DeadLetterQueue);
    let queues = topology.nodes.iter().filter(|node| is_queue(node.kind));
    let depths = queues.map(async |node| {
        let depth = queues::depth(&client, &node.name, &node.address).await?;
        let depth = Depth {
            visible: depth.waiting,
            in_flight: depth.in_flight,
            delayed: depth.held_back,
            oldest_seconds: None,
        };
        Ok::<_, Error>((node.id.clone(), depth))
    });
    Ok(try_join_all(depths).await?.into_iter().collect())
}

/// Reads the topology anew once something was deployed.
async fn deployments(world: &World) {
    let mut known = fingerprint(&world.deployment());
    loop {
        tokio::time::sleep(BETWEEN_DEPLOYMENTS).await;
        world.feed.watched().await;
        let stage = world.deployment().stage.clone();
        let Ok(deployment) = Deployment::find(&stage).await else { continue };
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
