use serde_json::json;

use super::*;

const REGION: &str = "eu-central-1:1";

fn node(kind: Kind, id: &str, address: &str) -> Node {
    Node { address: address.to_owned(), ..part(id, kind, id, id.split('/').next().unwrap()) }
}

/// A service with an API and a table, and another one with a queue that takes its events.
fn parts() -> Parts {
    let mut parts = Parts::default();
    for node in [
        node(Kind::Api, "rides/Api", "api1"),
        node(Kind::Function, "rides/Submit", "submit"),
        node(Kind::Function, "rides/Query", "query"),
        node(Kind::Function, "rides/Tell", "tell"),
        node(Kind::Table, "rides/RidesTable", "rides"),
        node(Kind::Table, "points/AttemptsTable", "attempts"),
        node(Kind::Table, "points/PointsTable", "points"),
        node(Kind::Topic, "rides/Topic", "arn:aws:sns:eu-central-1:1:done"),
        node(Kind::Queue, "points/Queue", "https://sqs/1/points"),
        node(Kind::Queue, "points/Dlq", "https://sqs/1/points-dlq"),
        node(Kind::Function, "points/Award", "award"),
        node(Kind::StateMachine, "rides/Machine", "arn:aws:states:eu-central-1:1:stateMachine:fares"),
    ] {
        parts.add(node);
    }
    parts
}

fn lambda(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:function:{name}:live")
}

/// The edges as `kind:from->to`.
fn edges(found: Found) -> Vec<String> {
    let topology = Links::new(parts(), found).into_topology();
    let edges = topology.edges.into_iter().filter(|edge| edge.from != CLIENT);
    edges.map(|edge| edge.id).collect()
}

fn environment(function: &str, variables: &[(&str, &str)]) -> (String, HashMap<String, String>) {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (function.to_owned(), variables.collect())
}

fn mapping(
    source: &str,
    function: &str,
) -> aws_sdk_lambda::types::builders::EventSourceMappingConfigurationBuilder {
    EventSourceMappingConfiguration::builder().event_source_arn(source).function_arn(lambda(function))
}

#[test]
fn every_api_is_called_by_the_apps_whose_lane_is_the_first() {
    let topology = Links::new(parts(), Found::default()).into_topology();
    assert_eq!(topology.lanes[0].id, CLIENTS);
    let calls: Vec<_> = topology.beginning_at(CLIENT, Way::Calls).map(|edge| edge.to.as_str()).collect();
    assert_eq!(calls, ["rides/Api"]);
}

#[test]
fn a_function_that_answers_nothing_but_get_reads_its_table() {
    let call = |method: &str, function: &str| {
        (
            "rides/Api".to_owned(),
            method.to_owned(),
            format!("arn:aws:apigateway:…/{}/invocations", lambda(function)),
        )
    };
    let found = Found {
        integrations: vec![call("POST", "submit"), call("GET", "query")],
        environments: vec![
            environment("rides/Submit", &[("RIDES_TABLE_NAME", "rides")]),
            environment("rides/Query", &[("RIDES_TABLE_NAME", "rides")]),
        ],
        ..Found::default()
    };
    assert_eq!(
        edges(found),
        [
            "calls:rides/Api->rides/Query",
            "calls:rides/Api->rides/Submit",
            "reads:rides/Query->rides/RidesTable",
            "writes:rides/Submit->rides/RidesTable",
        ]
    );
}

#[test]
fn an_api_that_writes_to_a_queue_sends() {
    let uri = "arn:aws:apigateway:eu-central-1:sqs:path/1/points".to_owned();
    let found =
        Found { integrations: vec![("rides/Api".to_owned(), "POST".to_owned(), uri)], ..Found::default() };
    assert_eq!(edges(found), ["sends:rides/Api->points/Queue"]);
}

#[test]
fn a_topic_delivers_with_the_filter_of_its_subscription() {
    let filter = json!({"fare": [{"numeric": [">=", 50]}]});
    let endpoint = format!("arn:aws:sqs:{REGION}:points");
    let found = Found {
        subscriptions: vec![("rides/Topic".to_owned(), endpoint, Some(filter.clone()))],
        ..Found::default()
    };
    let topology = Links::new(parts(), found).into_topology();
    let edge = topology.beginning_at("rides/Topic", Way::Delivers).next().unwrap();
    assert_eq!((edge.to.as_str(), edge.filter.as_ref()), ("points/Queue", Some(&filter)));
}

#[test]
fn a_mapping_tells_who_polls_and_if_it_is_switched_off() {
    for (state, enabled) in [("Enabled", true), ("Enabling", true), ("Disabled", false), ("Disabling", false)]
    {
        let mapping =
            mapping(&format!("arn:aws:sqs:{REGION}:points"), "award").uuid("m").state(state).build();
        let found = Found { mappings: vec![mapping], ..Found::default() };
        let topology = Links::new(parts(), found).into_topology();
        let edge = topology.ending_at("points/Award", Way::Polls).next().unwrap();
        assert_eq!((edge.enabled, edge.mapping.as_deref()), (enabled, Some("m")), "{state}");
    }
}

#[test]
fn a_mapping_of_another_stage_and_one_that_is_listed_twice_change_no_edge() {
    let of = |queue: &str, function: &str, uuid: &str| {
        mapping(&format!("arn:aws:sqs:{REGION}:{queue}"), function).uuid(uuid)
    };
    let mappings = vec![
        of("points", "award", "first").build(),
        of("points", "query", "second").build(),
        of("another", "award", "of another stage").state("Disabled").build(),
        of("points", "award", "again").state("Disabled").build(),
    ];
    let topology = Links::new(parts(), Found { mappings, ..Found::default() }).into_topology();
    let polls = topology.edges.iter().filter(|edge| edge.kind == Way::Polls);
    let polls: Vec<_> = polls.map(|edge| (edge.mapping.as_deref(), edge.enabled)).collect();
    assert_eq!(polls, [(Some("first"), true), (Some("second"), true)]);
}

#[test]
fn a_table_streams_to_its_reader_which_does_not_write_to_it() {
    let stream = format!("arn:aws:dynamodb:{REGION}:table/rides/stream/2026-11-27T12:00:00.000");
    let found = Found {
        mappings: vec![mapping(&stream, "tell").build()],
        environments: vec![environment(
            "rides/Tell",
            &[("RIDES_TABLE_NAME", "rides"), ("TOPIC_ARN", "arn:aws:sns:eu-central-1:1:done")],
        )],
        ..Found::default()
    };
    assert_eq!(edges(found), ["publishes:rides/Tell->rides/Topic", "streams:rides/RidesTable->rides/Tell"]);
}

#[test]
fn the_queue_of_a_redrive_policy_is_a_dead_letter_queue() {
    let target = format!("arn:aws:sqs:{REGION}:points-dlq");
    let found = Found { redrives: vec![("points/Queue".to_owned(), target)], ..Found::default() };
    let topology = Links::new(parts(), found).into_topology();
    let dlq = topology.node("points/Dlq").unwrap();
    assert_eq!((dlq.kind, dlq.dead_letters_of.as_deref()), (Kind::DeadLetterQueue, Some("points/Queue")));
    assert_eq!(topology.beginning_at("points/Queue", Way::Redrives).count(), 1);
}

#[test]
fn a_function_has_no_edges_to_its_own_queues_and_to_the_table_of_attempts() {
    let found = Found {
        environments: vec![environment(
            "points/Award",
            &[
                ("BUFFER_QUEUE_URLS", "https://sqs/1/points"),
                ("DEAD_LETTER_QUEUE_URLS", "https://sqs/1/points-dlq"),
                ("ATTEMPTS_TABLE_NAME", "attempts"),
                ("POINTS_TABLE_NAME", "points"),
                ("SENDER_ADDRESS", "rides@example.com"),
            ],
        )],
        ..Found::default()
    };
    assert_eq!(edges(found), ["mails:points/Award->points/email", "writes:points/Award->points/PointsTable"]);
}

#[test]
fn the_states_of_a_machine_lead_to_functions_topics_and_queues_wherever_they_name_them() {
    let definition = json!({"States": {
        "Pay": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": lambda("award")}},
        "Tell": {"Type": "Task", "Parameters": {"TopicArn": "arn:aws:sns:eu-central-1:1:done"}},
        "Review": {"Branches": [{"States": {"Ask": {"Parameters": {"QueueUrl": "https://sqs/1/points"}}}}]},
        "Wait": {"Type": "Wait", "Seconds": 5},
    }});
    let found = Found { definitions: vec![("rides/Machine".to_owned(), definition)], ..Found::default() };
    assert_eq!(
        edges(found),
        [
            "publishes:rides/Machine->rides/Topic",
            "sends:rides/Machine->points/Queue",
            "tasks:rides/Machine->points/Award",
        ]
    );
}
