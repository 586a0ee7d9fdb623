//! The patterns of `docs/patterns.md`, and the parts of the deployment where each of them lives.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use client::topology::{Edge, Kind, Topology, Way};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

use super::world::Shared;

/// The pages of the patterns.
#[derive(RustEmbed)]
#[folder = "../../docs/patterns"]
struct Pages;

const TABLE: &str = include_str!("../../../../docs/patterns.md");
const PAGE: &str = "docs/patterns.md";

/// The patterns with their places.
pub async fn list(State(world): Shared) -> Json<Value> {
    let topology = world.topology();
    Json(rows(TABLE).map(|row| described(&topology, &row)).collect())
}

/// A row of the table: pattern, place, test.
fn rows(table: &str) -> impl Iterator<Item = [String; 3]> {
    let cells = |line: &str| -> Option<[String; 3]> {
        let cells: Vec<String> =
            line.trim().trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().ok()
    };
    table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| pattern")).filter_map(cells)
}

fn described(topology: &Topology, [name, place, test]: &[String; 3]) -> Value {
    let nodes = places(topology, place);
    let within = |id: &String| nodes.contains(id);
    let edges: Vec<&String> = topology
        .edges
        .iter()
        .filter(|edge| within(&edge.from) && within(&edge.to))
        .map(|edge| &edge.id)
        .collect();
    let code: Vec<&str> = links(place).collect();
    let (page, problem) = page(name).unwrap_or_else(|| (PAGE.to_owned(), None));
    json!({"name": name, "page": page, "problem": problem, "nodes": nodes, "edges": edges, "code": code, "test": quoted(test).collect::<Vec<_>>()})
}

/// The parts that a text names, or else those of the service whose file it links to.
fn places(topology: &Topology, place: &str) -> BTreeSet<String> {
    let named: BTreeSet<&str> = quoted(place).collect();
    let logical = |id: &str| id.split('/').nth(1).unwrap_or_default().to_owned();
    let exact: BTreeSet<String> = topology
        .nodes
        .iter()
        .filter(|node| named.contains(logical(&node.id).as_str()))
        .map(|node| node.id.clone())
        .collect();
    if !exact.is_empty() {
        return exact;
    }
    if place.contains("dead_letters.rs") {
        let from_queue = |edge: &&Edge| {
            edge.kind == Way::Redrives
                && topology.node(&edge.from).is_some_and(|node| node.kind == Kind::Queue)
        };
        return ends(topology.edges.iter().filter(from_queue));
    }
    if place.contains("every buffer queue") || place.contains("every subscriber") {
        return topology
            .nodes
            .iter()
            .filter(|node| node.kind == Kind::Queue)
            .map(|node| node.id.clone())
            .collect();
    }
    // A filter stands in its subscriber's template.
    let is_filter = named.contains("FilterPolicy");
    let services: Vec<String> =
        links(place).filter(|link| !is_filter || link.starts_with("infra/")).filter_map(service).collect();
    let is_there = |lane: &str| {
        services.iter().any(|service| lane == service || lane.starts_with(&format!("{service}-")))
    };
    if is_filter {
        let stands_there = |edge: &&Edge| {
            edge.filter.is_some() && topology.node(&edge.to).is_some_and(|node| is_there(&node.lane))
        };
        return ends(topology.edges.iter().filter(stands_there));
    }
    topology.nodes.iter().filter(|node| is_there(&node.lane)).map(|node| node.id.clone()).collect()
}

fn ends<'a>(edges: impl Iterator<Item = &'a Edge>) -> BTreeSet<String> {
    edges.flat_map(|edge| [edge.from.clone(), edge.to.clone()]).collect()
}

/// The page of a pattern, and the problem with which it begins. A row may have more in its name than the page's title.
fn page(name: &str) -> Option<(String, Option<String>)> {
    Pages::iter().find_map(|file| {
        let text = String::from_utf8(Pages::get(&file)?.data.into_owned()).ok()?;
        let title = text.lines().next()?.strip_prefix("# ")?;
        let parts = [" and ", " with a", " with ", " to ", " of ", " ("]
            .iter()
            .fold(vec![title], |parts, cut| parts.iter().flat_map(|part| part.split(cut)).collect());
        let is_of = |part: &str| name.to_lowercase().starts_with(&part.to_lowercase());
        if !parts.iter().map(|part| part.trim_start_matches("n ").trim()).any(is_of) {
            return None;
        }
        let problem = text.lines().skip_while(|line| *line != "## Problem").skip(1);
        let problem: Vec<&str> =
            problem.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
        Some((format!("docs/patterns/{file}"), Some(problem.join(" ")).filter(|text| !text.is_empty())))
    })
}

/// The service of a file: `infra/<service>.yaml`, `functions/<service>/…`, or `statemachines/<service>.asl.json`.
fn service(link: &str) -> Option<String> {
    let mut parts = link.split('/');
    match (parts.next()?, parts.next()?) {
        ("infra" | "statemachines", file) => Some(file.split('.').next()?.to_owned()),
        ("functions", service) => Some(service.to_owned()),
        _ => None,
    }
}

/// The files that a text links to, from the root of the repository.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter_map(|link| link.strip_prefix("../"))
}

/// The parts of a text in backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::topology;

    #[test]
    fn every_row_of_the_table_has_a_name_a_place_and_a_test() {
        let rows: Vec<_> = rows(TABLE).collect();
        assert!(rows.len() > 20, "{}", rows.len());
        for [name, place, test] in &rows {
            assert!(!name.is_empty() && !place.is_empty(), "{name}");
            assert!(quoted(test).next().is_some(), "{name} has no test");
        }
    }

    #[test]
    fn a_filter_is_lit_with_its_subscription_and_dead_letters_with_their_queues() {
        let named = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
        let filter = places(&topology(), "`FilterPolicy` in [`features.yaml`](../infra/features.yaml)");
        assert_eq!(filter, named(&["features/Queue", "rides/Done"]));
        let dead = places(&topology(), "[`dead_letters.rs`](../crates/x/src/dead_letters.rs)");
        assert_eq!(dead, named(&["points/Dlq", "points/Queue"]));
    }

    #[test]
    fn a_pattern_has_the_page_with_its_title() {
        let of = |name: &str| page(name).map(|(page, _)| page);
        for (name, file) in [
            ("Message filter", "message-filter"),
            ("Dead-letter channel, invalid message channel", "dead-letter-channel"),
            ("Aggregator", "scatter-gather"),
            ("Return address", "request-reply"),
            ("Canonical message (CloudEvents)", "correlation-identifier"),
            ("Idempotent call to another company's API", "idempotent-call"),
        ] {
            assert_eq!(of(name), Some(format!("docs/patterns/{file}.md")), "{name}");
        }
        assert_eq!(of("Message channel, one-way"), None);
        for file in Pages::iter() {
            let found =
                rows(TABLE).filter_map(|[name, ..]| page(&name)).find(|(page, _)| page.ends_with(&*file));
            assert!(
                found.is_some_and(|(_, problem)| problem.is_some_and(|text| text.ends_with('.'))),
                "{file}"
            );
        }
    }

    #[test]
    fn a_file_leads_to_its_service() {
        assert_eq!(service("infra/herd.yaml").as_deref(), Some("herd"));
        assert_eq!(service("functions/ride-booking/src/rfq.rs").as_deref(), Some("ride-booking"));
        assert_eq!(service("crates/client/src/lib.rs"), None);
        assert_eq!(links("a [b](../infra/x.yaml#y), [c](z.md)").collect::<Vec<_>>(), ["infra/x.yaml"]);
    }
}
