//! The patterns of `docs/patterns.md`, and the parts of the deployment where each of them lives.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use client::topology::{Kind, Topology};
use serde_json::{Value, json};

use super::world::Shared;

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
    json!({"name": name, "page": PAGE, "nodes": nodes, "edges": edges, "code": code, "test": quoted(test).collect::<Vec<_>>()})
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
    if place.contains("every buffer queue") || place.contains("every subscriber") {
        return topology
            .nodes
            .iter()
            .filter(|node| node.kind == Kind::Queue)
            .map(|node| node.id.clone())
            .collect();
    }
    let services: Vec<String> = links(place).filter_map(service).collect();
    let is_there = |lane: &str| {
        services.iter().any(|service| lane == service || lane.starts_with(&format!("{service}-")))
    };
    topology.nodes.iter().filter(|node| is_there(&node.lane)).map(|node| node.id.clone()).collect()
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
    fn a_file_leads_to_its_service() {
        assert_eq!(service("infra/herd.yaml").as_deref(), Some("herd"));
        assert_eq!(service("functions/ride-booking/src/rfq.rs").as_deref(), Some("ride-booking"));
        assert_eq!(service("crates/client/src/lib.rs"), None);
        assert_eq!(links("a [b](../infra/x.yaml#y), [c](z.md)").collect::<Vec<_>>(), ["infra/x.yaml"]);
    }
}
