//! Counts the calls of an hour of watching on AWS, for `docs/console.md`.

use std::{fs, path::Path, pin::pin, sync::Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use client::topology::Node;
use rust_decimal::Decimal;

use super::*;
use crate::console::switched_off::SwitchedOff;

/// The time after which the pace no longer changes.
const WARM_UP: Duration = Duration::from_mins(1);
/// The time whose calls are counted. So many times, they are those of an hour.
const COUNTED: Duration = Duration::from_mins(2);
const OF_AN_HOUR: u64 = 30;
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const STACKS: &str = "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>\
    <StackName>wild-rydes-dev-herd</StackName><CreationTime>2026-11-27T12:00:00Z</CreationTime>\
    <StackStatus>CREATE_COMPLETE</StackStatus>\
    </member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

/// An AWS that counts calls. No function writes a line there.
#[derive(Debug, Clone, Default)]
struct Counted {
    calls: Arc<Mutex<BTreeMap<String, u64>>>,
    /// The depth of every queue changes all the time.
    moves: bool,
}

impl HttpConnector for Counted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let form = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
        let operation = target.or(form).unwrap_or_default().to_owned();
        let answer = match operation.as_str() {
            "DescribeStacks" => STACKS.to_owned(),
            "FilterLogEvents" => r#"{"events":[]}"#.to_owned(),
            "GetQueueAttributes" => {
                let depth = if self.moves { self.calls.lock().unwrap().values().sum() } else { 0 };
                format!(r#"{{"Attributes":{{"ApproximateNumberOfMessages":"{depth}"}}}}"#)
            }
            other => panic!("watching calls {other}"),
        };
        *self.calls.lock().unwrap().entry(operation).or_default() += 1;
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer))))
    }
}

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

/// The calls of an hour, by their operation.
async fn calls(moves: bool) -> BTreeMap<String, u64> {
    let aws = Counted { moves, ..Counted::default() };
    let connector = SharedHttpConnector::new(aws.clone());
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("k", "s", None, None, "test")))
        .http_client(http_client_fn(move |_, _| connector.clone()));
    let deployment = Deployment::find_with("dev", config.build()).await.unwrap();
    let queues = nodes(Kind::Queue, "AWS::SQS::Queue");
    let functions = nodes(Kind::Function, "AWS::Serverless::Function");
    let topology = Topology { nodes: queues.chain(functions).collect(), ..Topology::default() };
    let world = Arc::new(World::new(deployment, topology, false, SwitchedOff::default()));
    let page = world.feed.open(Vec::new());
    let mut watching = pin!(watch(Arc::clone(&world)));
    for time in [WARM_UP, COUNTED] {
        aws.calls.lock().unwrap().clear();
        assert!(tokio::time::timeout(time, &mut watching).await.is_err(), "it watches on");
    }
    drop(page);
    let calls = std::mem::take(&mut *aws.calls.lock().unwrap()).into_iter();
    calls.map(|(operation, count)| (operation, count * OF_AN_HOUR)).collect()
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
    let dollars = |calls: u64| format!("${:.4}", Decimal::from(calls) * number("usd") / number("per"));
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
