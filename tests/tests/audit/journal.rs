//! Requests that only a client's journal tells of.

use client::journal::{Accepted, Journal, Kind};
use end_to_end::{World, unique};
use serde_json::Value;

use crate::{program::audits_with, work::Work};

pub async fn is_compared(world: &World, all: &Work) {
    let file = std::env::temp_dir().join(unique("journal"));
    let (never, journal) = (uuid::Uuid::now_v7(), Journal::open(&file).unwrap());
    for (kind, id) in world.stored().await {
        if id != all.ordinary {
            journal.note(&Accepted::now(kind, &id, None, "{}")).unwrap();
        }
    }
    journal.note(&Accepted::now(Kind::Ride, &never.to_string(), None, "{}")).unwrap();
    let options = ["--journal", file.to_str().unwrap(), "--journal-is-complete"];
    let (green, audit) = audits_with(&options).await;
    let mut expected = vec![
        (format!("ride {never}"), "accepted, but not stored"),
        (format!("ride {}", all.ordinary), "stored, but no client was told so"),
    ];
    expected.sort_unstable();
    let findings = audit["findings"].as_array().unwrap();
    let finding = |f: &'_ Value| (f["about"].as_str().unwrap().to_owned(), f["what"].clone());
    let mut seen: Vec<_> = findings.iter().map(finding).collect();
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    let expected: Vec<_> = expected.into_iter().map(|(about, what)| (about, Value::from(what))).collect();
    assert_eq!((green, seen), (false, expected));
    std::fs::remove_file(&file).unwrap();
}
