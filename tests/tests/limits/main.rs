//! AWS's quotas: a load beyond the account's quotas, which the fault proxy enforces as AWS would. The load drains at the pace of the
//! quotas, leaves no dead letters, and sends no e-mail twice. Messages that can never be handled are dead-lettered all the same. Run
//! by `make limits`.

mod hopeless;
mod load;
mod report;

use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

use client::{
    dead_letters::{
        self, DeadLetter,
        removal::{Letters, discard},
    },
    journal::{Accepted, Journal, Kind},
    queues,
};
use end_to_end::{Caller, Ride, World, asks_proxy, eventually_within, unique};
use serde_json::{Value, json};
use tokio::{process::Command, time::sleep};

use self::{hopeless::Hopeless, report::Report};

fn setting<T: std::str::FromStr>(name: &str) -> T {
    let value = std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make limits`"));
    value.parse().unwrap_or_else(|_| panic!("{name} makes no sense: {value}"))
}

/// A long time, because the quotas bound the pace, and a message that was throttled often waits long before it is retried.
fn patience() -> Duration {
    Duration::from_mins(setting("PATIENCE_MINUTES"))
}

/// Enforces the quotas of this kind of account from now on, at this share of their rates, or none.
async fn quotas(profile: Option<&str>, scale: f64) {
    asks_proxy("_quotas", Some(json!({"profile": profile, "scale": scale}))).await;
}

#[tokio::test]
async fn a_backlog_drains_at_the_quotas_pace_and_only_what_can_never_be_handled_is_set_aside() {
    let world = World::alone().await;
    let journal = std::env::var("JOURNAL").expect("JOURNAL is a path: run `make limits`");
    let told = Journal::open(Path::new(&journal)).unwrap();
    load::puts_addresses_on_file(&world).await;
    refuses_truly_while_throttled(&world, &told).await;

    let hopeless = Hopeless::new();
    let begun = Instant::now();
    let now = |what: &str| println!("{:>5} s: {what}", begun.elapsed().as_secs());
    let run = async || {
        quotas(Some(&setting::<String>("PROFILE")), setting("SCALE")).await;
        hopeless.is_delivered(&world).await;
        let rides = load::sends(&world, &told).await;
        now("all requests are taken");
        for ride in &rides {
            let opened = || world.fare(&ride.id);
            eventually_within(patience(), "the fare of each ride is open", opened, Option::is_some).await;
        }
        now("the fare of each ride is open");
        hopeless.is_set_aside(&world).await;
        now("hopeless messages are dead-lettered");
        at_rest(&world).await;
        now("nothing is under way");
        rides
    };
    let rides = hopeless.among(&world, run).await;
    let report = Report::of(&world).await;
    println!("{report}");

    let letters = dead_letters(&world).await;
    let sound = letters.iter().filter(|(_, letter)| !hopeless.is(&letter.body));
    let sound: Vec<_> = sound.map(|(queue, letter)| format!("{queue}: {}", why(letter))).collect();
    assert!(sound.is_empty(), "dead letters that only had to wait: {sound:#?}");
    hopeless.had_a_handful_of_attempts(&letters);
    load::is_mailed_once(&world, &rides).await;
    report.is_of_quotas_that_were_reached();
    client_waits_too(&world, &rides[0].id).await;

    quotas(None, 1.0).await;
    for (queue, letter) in &letters {
        let this = Letters::These(vec![letter.id.clone()]);
        discard(&world.deployment, queue, &this).await.unwrap();
    }
    let audit = ["audit", "--json", "--journal", &journal, "--journal-is-complete"];
    let (audit, sound) = rydes_says(&audit, &[]).await;
    assert!(sound, "{audit:#}");
}

/// Throttling of a function must not make a request lost, or accepted twice.
async fn refuses_truly_while_throttled(world: &World, told: &Journal) {
    let app = Caller::unicorn_management_app(world).await;
    let (ride, key) = (Ride::default().json(), unique("key"));
    let headers = [("idempotency-key", key.as_str())];
    let refused = async {
        let answer = app.posts(&ride, &headers).await;
        assert_eq!((answer.status, answer.retry_after), (503, Some(1)), "{answer:?}");
    };
    world.while_throttled("submit-ride-completion", refused).await;
    let before = world.ride_count().await;
    for _ in 0..2 {
        let answer = app.posts(&ride, &headers).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let id = answer.body["id"].as_str().unwrap();
        told.note(&Accepted::now(Kind::Ride, id, Some(&key), &ride)).unwrap();
    }
    assert_eq!(world.ride_count().await, before + 1);
}

/// Waits until no work is under way, and still is not a moment later: between two queues a message is in neither.
async fn at_rest(world: &World) {
    let busy = async || {
        for _ in 0..5 {
            let under_way = queues::under_way(&world.deployment).await.unwrap();
            if !under_way.is_empty() {
                return under_way;
            }
            sleep(Duration::from_millis(500)).await;
        }
        Vec::new()
    };
    eventually_within(patience(), "all comes to rest", busy, Vec::is_empty).await;
}

/// Every dead letter, with its queue's name.
async fn dead_letters(world: &World) -> Vec<(String, DeadLetter)> {
    let mut all = Vec::new();
    for queue in dead_letters::queues(&world.deployment).await.unwrap() {
        let name = if queue.queue == "Herd" { queue.service } else { queue.queue };
        let letters = dead_letters::letters(&world.deployment, &name).await.unwrap();
        all.extend(letters.into_iter().map(|letter| (name.clone(), letter)));
    }
    all
}

/// The reason of a dead letter, without the message.
fn why(letter: &DeadLetter) -> String {
    let DeadLetter { error_type, detail, receive_count, .. } = letter;
    format!("{error_type:?}: {detail:?} after {receive_count:?} receives")
}

/// `rydes logs` reads every function's log under the unscaled quota, which even a slow machine reaches.
async fn client_waits_too(world: &World, ride: &str) {
    quotas(Some("sandbox"), 1.0).await;
    let proxy = std::env::var("FAULTS").unwrap();
    let (lines, found) = rydes_says(&["logs", ride, "--json"], &[("AWS_ENDPOINT_URL", &proxy)]).await;
    let throttled = Report::of_calls().await.throttled("logs:FilterLogEvents");
    assert!(found && throttled > 0, "{throttled} calls were throttled: {lines:#}");
    let functions: BTreeSet<&str> =
        lines.as_array().unwrap().iter().filter_map(|line| line["function"].as_str()).collect();
    for service in world.subscribers_of("RideCompleted").await {
        let of = |name: &&str| name.ends_with(service.function);
        assert!(functions.iter().any(of), "nothing of {service:?}, only of {functions:?}");
    }
}

/// The client's JSON output, and true if it exits with success.
async fn rydes_says(arguments: &[&str], env: &[(&str, &str)]) -> (Value, bool) {
    let program = std::env::var("RYDES").expect("RYDES names the program: run `make limits`");
    let output = Command::new(program).args(arguments).envs(env.iter().copied()).output().await.unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {output:?}"));
    (said, output.status.success())
}
