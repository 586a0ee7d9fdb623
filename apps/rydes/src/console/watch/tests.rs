//! Counts the calls of an hour of watching on AWS, for `docs/console.md`.

use std::{fs, path::Path, pin::pin};

use client::topology::Node;
use rust_decimal::Decimal;

use super::*;
use crate::console::{switched_off::SwitchedOff, testing::Aws};

/// The time after which the pace no longer changes.
const WARM_UP: Duration = Duration::from_mins(1);
/// The time whose calls are counted. So many times, they are those of an hour.
const COUNTED: Duration = Duration::from_mins(2);
const OF_AN_HOUR: u64 = 30;
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// As many nodes as the templates have resources of a type. A template with a file of instances is deployed once for each of them.
fn nodes(kind: Kind, resource: &str) -> impl Iterator<Item = Node> {
    let files = fs::read_dir(Path::new(ROOT).join("infra")).unwrap().map(|file| file.unwrap().path());
    let templates = files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    let resources = templates.map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let instances = fs::read_to_string(file.with_extension("instances.json"));
        let instances = instances.map_or(1, |json| {
            serde_json::from_str::<BTreeMap<String, serde_json::Value>>(&json).unwrap().len()
        });
        text.matches(&format!("Type: {resource}\n")).count() * instances
    });
    let count: usize = resources.sum();
    assert!(count > 0, "{resource}");
    (0..count).map(move |number| Node {
        id: format!("{kind:?}{number}"),
        kind,
        name: String::new(),
        lane: String::new(),
        code: None,
        dead_letters_of: None,
        address: format!("https://sqs/{number}"),
    })
}

#[test]
fn the_next_functions_are_those_that_a_message_may_reach_without_another_one_between() {
    let topology = crate::console::testing::topology();
    let next = |from| Vec::from_iter(next_functions(&topology, from));
    assert_eq!(next("rides/Api"), ["rides/Query", "rides/Submit"]);
    assert_eq!(next("bookings/Api"), ["bookings/Book"]);
    assert_eq!(next("rides/Rides"), ["rides/Tell"]);
    assert_eq!(next("rides/Done"), ["features/Feature", "points/Award"]);
    assert_eq!(next("points/Points"), Vec::<&str>::new());
    assert_eq!(next("not there"), Vec::<&str>::new());
}

/// The calls of an hour, by their operation.
async fn calls(moves: bool) -> BTreeMap<String, u64> {
    let aws = Aws { moves, ..Aws::default() };
    let deployment = aws.deployment().await;
    let queues = nodes(Kind::Queue, "AWS::SQS::Queue");
    let functions = nodes(Kind::Function, "AWS::Serverless::Function");
    let topology = Topology { nodes: queues.chain(functions).collect(), ..Topology::default() };
    let world = Arc::new(World::new(deployment, topology, false, SwitchedOff::default()));
    let page = world.feed.open(Vec::new());
    let mut watching = pin!(watch(Arc::clone(&world)));
    for time in [WARM_UP, COUNTED] {
        aws.take_calls();
        assert!(tokio::time::timeout(time, &mut watching).await.is_err(), "it watches on");
    }
    drop(page);
    aws.take_calls().into_iter().map(|(operation, count)| (operation, count * OF_AN_HOUR)).collect()
}

/// A number as a person writes it.
fn grouped(number: u64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

#[tokio::test(start_paused = true)]
async fn the_docs_say_how_many_calls_an_hour_of_watching_makes_and_what_they_cost() {
    let (calm, busy) = (calls(false).await, calls(true).await);
    let quota = 5 * 3600;
    assert!(busy["FilterLogEvents"] * 2 <= quota, "half of the quota is left to others: {busy:?}");
    let docs = fs::read_to_string(Path::new(ROOT).join("docs/console.md")).unwrap();
    let prices = fs::read_to_string(Path::new(ROOT).join("apps/rydes/prices/us-east-1.json")).unwrap();
    let prices: serde_json::Value = serde_json::from_str(&prices).unwrap();
    let price = &prices["prices"]["sqs"]["standard_requests"];
    let number = |field: &str| price[field].to_string().parse::<Decimal>().unwrap();
    let dollars =
        |calls: u64| format!("${}", (Decimal::from(calls) * number("usd") / number("per")).round_dp(4));
    let mut missing = Vec::new();
    for (operation, service) in
        [("DescribeStacks", "cloudformation"), ("FilterLogEvents", "logs"), ("GetQueueAttributes", "sqs")]
    {
        let (calm, busy) = (calm[operation], busy[operation]);
        let costs = if service == "sqs" {
            format!("{} to {}", dollars(calm), dollars(busy))
        } else {
            "nothing".to_owned()
        };
        let row = format!("| `{service}:{operation}` | {} | {} | {costs} |", grouped(calm), grouped(busy));
        if !docs.contains(&row) {
            missing.push(row);
        }
    }
    assert!(missing.is_empty(), "docs/console.md lacks:\n{}", missing.join("\n"));
}
