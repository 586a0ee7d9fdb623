use serde_json::{Value, json};

use super::*;
use crate::console::testing::{STORY, line, topology};

/// The edges and outcomes of the steps that a line tells of.
fn steps(recent: &mut Recent, function: &str, message: &str, fields: &Value) -> Vec<(String, &'static str)> {
    shown(recent.steps(&topology(), &line(function, message, fields)))
}

fn shown(steps: Vec<Step>) -> Vec<(String, &'static str)> {
    steps.into_iter().map(|step| (step.edge, step.outcome)).collect()
}

fn ok(edges: &[&str]) -> Vec<(String, &'static str)> {
    edges.iter().map(|edge| ((*edge).to_owned(), "ok")).collect()
}

fn publish(recent: &mut Recent) {
    steps(recent, "rides/Tell", "published", &json!({"event_id": "e"}));
}

#[test]
fn a_request_goes_from_the_app_through_the_api_and_is_written() {
    let answered = steps(&mut Recent::default(), "rides/Submit", "answered", &json!({"status": 202}));
    assert_eq!(
        answered,
        ok(&["calls:client->rides/Api", "calls:rides/Api->rides/Submit", "writes:rides/Submit->rides/Rides"])
    );
}

#[test]
fn a_request_that_is_refused_writes_nothing() {
    let answered = steps(&mut Recent::default(), "rides/Submit", "answered", &json!({"status": 400}));
    assert_eq!(answered, ok(&["calls:client->rides/Api", "calls:rides/Api->rides/Submit"]));
}

#[test]
fn an_event_goes_from_its_table_to_its_topic() {
    let published = steps(&mut Recent::default(), "rides/Tell", "published", &json!({"event_id": "e"}));
    assert_eq!(published, ok(&["streams:rides/Rides->rides/Tell", "publishes:rides/Tell->rides/Done"]));
}

#[test]
fn an_event_that_is_handled_came_from_its_topic_and_has_effects() {
    let mut recent = Recent::default();
    publish(&mut recent);
    let handled = steps(&mut recent, "points/Award", "handled", &json!({"event_id": "e", "outcome": "made"}));
    assert_eq!(
        handled,
        ok(&[
            "delivers:rides/Done->points/Queue",
            "polls:points/Queue->points/Award",
            "writes:points/Award->points/Points",
        ])
    );
}

#[test]
fn a_line_that_names_its_queue_tells_which_of_two_it_came_from() {
    let mut topology = topology();
    let second = topology.ending_at("features/Feature", Way::Polls).next().unwrap().clone();
    topology.edges.push(Edge { id: "second".to_owned(), to: "points/Award".to_owned(), ..second });
    for node in &mut topology.nodes {
        node.address = format!("https://sqs/1/{}", node.id.replace('/', "-"));
    }
    let handled = |queue: &str| {
        let fields = json!({"event_id": "e", "outcome": "duplicate", "receive_count": 2, "queue": queue});
        shown(Recent::default().steps(&topology, &line("https://sqs/1/points-Award", "handled", &fields)))
    };
    assert_eq!(handled("features-Queue"), [("second".to_owned(), "duplicate")]);
    assert_eq!(handled("points-Queue"), [("polls:points/Queue->points/Award".to_owned(), "duplicate")]);
}

#[test]
fn a_second_attempt_is_no_second_delivery() {
    let mut recent = Recent::default();
    publish(&mut recent);
    let fields = json!({"event_id": "e", "outcome": "made", "receive_count": 2});
    let handled = steps(&mut recent, "points/Award", "handled", &fields);
    assert_eq!(handled, ok(&["polls:points/Queue->points/Award", "writes:points/Award->points/Points"]));
}

#[test]
fn a_duplicate_has_no_effect() {
    let mut recent = Recent::default();
    publish(&mut recent);
    let fields = json!({"event_id": "e", "outcome": "duplicate"});
    let handled = steps(&mut recent, "points/Award", "handled", &fields);
    assert_eq!(handled.last(), Some(&("polls:points/Queue->points/Award".to_owned(), "duplicate")));
}

#[test]
fn a_message_that_fails_for_good_goes_to_the_dead_letter_queue() {
    let failed = |outcome: Value| {
        let fields = json!({"event_id": "e", "receive_count": 3, "outcome": outcome});
        steps(&mut Recent::default(), "points/Award", "failed", &fields)
    };
    let polls = || ("polls:points/Queue->points/Award".to_owned(), "failed");
    assert_eq!(failed(json!("retried")), [polls()]);
    let redrives = ("redrives:points/Queue->points/Dlq".to_owned(), "dead");
    assert_eq!(failed(json!("dead-lettered")), [polls(), redrives]);
}

#[test]
fn a_request_that_an_api_only_queues_shows_when_it_is_handled() {
    let handled = steps(&mut Recent::default(), "bookings/Book", "handled", &json!({"outcome": "made"}));
    assert_eq!(
        handled,
        ok(&[
            "calls:client->bookings/Api",
            "sends:bookings/Api->bookings/Queue",
            "polls:bookings/Queue->bookings/Book",
        ])
    );
}

#[test]
fn any_line_of_a_function_of_a_state_machine_tells_of_a_task() {
    let paid = steps(&mut Recent::default(), "fares/Pay", "charged", &json!({}));
    assert_eq!(paid, ok(&["tasks:fares/Machine->fares/Pay", "writes:fares/Pay->fares/Payments"]));
    assert_eq!(steps(&mut Recent::default(), "rides/Submit", "something else", &json!({})), []);
}

#[test]
fn a_function_that_is_not_on_the_map_takes_no_steps() {
    assert_eq!(steps(&mut Recent::default(), "another/Function", "handled", &json!({})), []);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_no_one_handles_behind_a_filter_was_filtered_out() {
    let mut recent = Recent::default();
    publish(&mut recent);
    assert_eq!(shown(recent.verdicts(|_| true)), [], "too early to tell");
    tokio::time::advance(VERDICT_AFTER * 2).await;
    let filtered = ("delivers:rides/Done->features/Queue".to_owned(), "filtered");
    assert_eq!(shown(recent.verdicts(|_| true)), [filtered]);
    assert_eq!(shown(recent.verdicts(|_| true)), [], "once");
    assert_eq!(recent.stories.get(STORY).unwrap().filtered[0].to, "features/Queue");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_or_was_handled_behind_a_filter_was_not_filtered_out() {
    let mut waits = Recent::default();
    publish(&mut waits);
    let mut handled = Recent::default();
    publish(&mut handled);
    steps(&mut handled, "features/Feature", "handled", &json!({"event_id": "e", "outcome": "made"}));
    tokio::time::advance(VERDICT_AFTER * 2).await;
    assert_eq!(shown(waits.verdicts(|_| false)), []);
    assert_eq!(shown(handled.verdicts(|_| true)), []);
}

#[test]
fn many_steps_are_counted_by_edge_and_outcome() {
    let one = |outcome| Step { outcome, ..step(&topology().edges[0], "ok", Timestamp::now(), None) };
    assert_eq!(summed(vec![one("ok"); 40]).len(), 40);
    let mut many = vec![one("ok"); 100];
    many.push(one("failed"));
    let counts: Vec<_> = summed(many).into_iter().map(|step| (step.outcome, step.count)).collect();
    assert_eq!(counts, [("failed", 1), ("ok", 100)]);
}

#[test]
fn a_story_counts_its_steps_and_remembers_a_failure() {
    let mut recent = Recent::default();
    steps(&mut recent, "rides/Submit", "answered", &json!({"status": 202}));
    steps(&mut recent, "points/Award", "failed", &json!({"receive_count": 2}));
    let story = recent.stories.get(STORY).unwrap();
    assert_eq!((story.what.as_str(), story.steps, story.failed), ("submit", 4, true));
}

#[test]
fn the_latest_stories_are_remembered() {
    let mut recent = Recent::default();
    for number in 0..3000 {
        steps(&mut recent, "rides/Submit", "answered", &json!({"correlation_id": number.to_string()}));
    }
    assert_eq!(recent.stories.latest().next().unwrap().correlation_id, "2999");
    assert_eq!(recent.stories.latest().count(), REMEMBERED);
}
