//! Operations: operators are alarmed of trouble and can see everything, and other principals have no access. The tests find what they
//! check in the deployed stacks, so they cover a new service too.

use std::{collections::BTreeMap, fmt::Debug};

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use end_to_end::{User, World, eventually, from_another_address};
use serde_json::{Value, json};

#[tokio::test]
async fn an_alarm_of_each_kind_tells_the_operator() {
    let world = World::shared().await;
    let operator = world.listens_to(world.output("operations", "OperatorTopicArn")).await;
    let alarms = alarms(&world).await;
    let kinds: BTreeMap<_, _> =
        alarms.iter().map(|alarm| (alarm["MetricName"].as_str().unwrap(), alarm)).collect();
    assert!(!kinds.is_empty(), "there are no alarms");
    for (metric, alarm) in kinds {
        let name = &alarm["AlarmName"];
        let quiet = json!({"AlarmName": name, "StateValue": "OK", "StateReason": "a test begins"});
        world.asks_cloudwatch("SetAlarmState", quiet).await;
        // An emulator may add its own measurements of all functions, which this value must outweigh.
        let falls = alarm["ComparisonOperator"].as_str().unwrap().starts_with("LessThan");
        let value = alarm["Threshold"].as_f64().unwrap() + if falls { -1e9 } else { 1.0 };
        let measured = json!({"MetricName": metric, "Dimensions": alarm["Dimensions"], "Value": value});
        let put = json!({"Namespace": alarm["Namespace"], "MetricData": [measured]});
        world.asks_cloudwatch("PutMetricData", put).await;
        let told = async || {
            let message = world.receives(&operator).await.unwrap_or_default();
            let message: Value = serde_json::from_str(&message).unwrap_or_default();
            (message["AlarmName"].clone(), message["NewStateValue"].clone())
        };
        eventually(metric, told, |(alarm, state)| alarm == name && state == "ALARM").await;
    }
}

#[tokio::test]
async fn the_dashboard_searches_by_the_stages_name_and_by_no_services() {
    let world = World::shared().await;
    let name = json!({"DashboardName": world.output("operations", "DashboardName")});
    let got = world.asks_cloudwatch("GetDashboard", name).await;
    let body = got["DashboardBody"].as_str().unwrap();
    for (service, _) in world.deployment.stacks() {
        assert!(!body.contains(service), "the dashboard names {service}");
    }
    let dashboard: Value = serde_json::from_str(body).unwrap();
    let ours = ["wild", "rydes", &world.deployment.stage].map(|value| format!("={value}"));
    let widgets = dashboard["widgets"].as_array().unwrap();
    assert!(!widgets.is_empty(), "the dashboard is empty");
    for widget in widgets {
        let lines = widget["properties"]["metrics"].as_array().unwrap();
        assert!(!lines.is_empty(), "{widget} shows nothing");
        for line in lines {
            let search = line[0]["expression"].as_str().unwrap();
            assert!(search.starts_with("SEARCH("), "{search}");
            assert!(ours.iter().all(|term| has_term(search, term)), "{search}");
        }
    }
}

/// True if a search has this term, and not only a longer one that begins like it.
fn has_term(search: &str, term: &str) -> bool {
    let mut rests = search.match_indices(term).map(|(at, _)| &search[at + term.len()..]);
    rests.any(|rest| rest.is_empty() || rest.starts_with([' ', '\'']))
}

#[tokio::test]
async fn nobody_without_rights_gets_into_a_queue_or_a_topic() {
    let world = World::shared().await;
    let nobody = User::without_rights(&world).await.aws(&world);
    let (sqs, sns) = (aws_sdk_sqs::Client::new(&nobody), aws_sdk_sns::Client::new(&nobody));
    for queue in outputs(&world, &["QueueUrl", "DlqUrl"]) {
        refused(&queue, sqs.send_message().queue_url(&queue).message_body("{}").send().await);
        refused(&queue, sqs.receive_message().queue_url(&queue).send().await);
    }
    for topic in outputs(&world, &["TopicArn"]) {
        refused(&topic, sns.publish().topic_arn(&topic).message("{}").send().await);
    }
}

#[tokio::test]
async fn not_even_an_administrator_publishes_what_only_its_publisher_may() {
    let world = World::shared().await;
    let sns = aws_sdk_sns::Client::new(&User::administrator(&world).await.aws(&world));
    for topic in outputs(&world, &["TopicArn"]) {
        refused(&topic, sns.publish().topic_arn(&topic).message("{}").send().await);
    }
}

#[tokio::test]
async fn who_comes_without_tls_is_refused_whoever_it_is() {
    let world = World::shared().await;
    let administrator = User::administrator(&world).await.aws(&world);
    // Both use plain HTTP, and the first calls from the emulator's own address.
    let here = administrator.endpoint_url().unwrap().to_owned();
    let remote = from_another_address(&administrator).await;
    for queue in outputs(&world, &["QueueUrl", "DlqUrl"]) {
        let look = async |endpoint: &str| {
            let sqs = aws_sdk_sqs::config::Builder::from(&administrator).endpoint_url(endpoint).build();
            aws_sdk_sqs::Client::from_conf(sqs).get_queue_attributes().queue_url(&queue).send().await
        };
        look(&here).await.unwrap();
        refused(&queue, look(&remote).await);
    }
    for bucket in outputs(&world, &["BucketName"]) {
        let look = async |endpoint: &str| {
            let s3 = aws_sdk_s3::config::Builder::from(&administrator).endpoint_url(endpoint);
            let s3 = aws_sdk_s3::Client::from_conf(s3.force_path_style(true).build());
            s3.list_objects_v2().bucket(&bucket).send().await
        };
        look(&here).await.unwrap();
        refused(&bucket, look(&remote).await);
    }
}

/// All alarms of the stage, page by page.
async fn alarms(world: &World) -> Vec<Value> {
    let mut ours =
        json!({"AlarmNamePrefix": format!("wild-rydes-{}-", world.deployment.stage), "MaxRecords": 100});
    let mut alarms = Vec::new();
    loop {
        let page = world.asks_cloudwatch("DescribeAlarms", ours.clone()).await;
        alarms.extend(page["MetricAlarms"].as_array().unwrap().iter().cloned());
        match &page["NextToken"] {
            Value::String(next) => ours["NextToken"] = next.as_str().into(),
            _ => return alarms,
        }
    }
}

/// The values of all outputs whose names end like that.
fn outputs(world: &World, endings: &[&str]) -> Vec<String> {
    let all = world.deployment.stacks().flat_map(|(_, stack)| &stack.outputs);
    let found = all.filter(|(name, _)| endings.iter().any(|ending| name.ends_with(ending)));
    let found: Vec<_> = found.map(|(_, value)| value.clone()).collect();
    assert!(!found.is_empty(), "no stack has a {endings:?}");
    found
}

#[track_caller]
fn refused<T: Debug, E: ProvideErrorMetadata + Debug>(what: &str, result: Result<T, SdkError<E>>) {
    let error = result.expect_err(what);
    let code = error.code().unwrap_or_default();
    let codes =
        ["AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"];
    assert!(codes.contains(&code), "{what}: {error:?}");
}
