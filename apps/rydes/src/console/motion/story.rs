//! A story: all that has one correlation id.

use std::collections::VecDeque;

use client::{logs::LogLine, topology::Edge};
use jiff::Timestamp;
use serde::Serialize;

/// The stories that are remembered.
const MOST: usize = 2000;

/// All that has one correlation id.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    pub correlation_id: String,
    pub what: String,
    pub started_at: Timestamp,
    pub steps: u64,
    pub failed: bool,
    /// The edges at whose filter it was stopped.
    #[serde(skip)]
    pub filtered: Vec<Edge>,
}

/// The latest stories, the last one at the end.
#[derive(Debug, Default)]
pub struct Stories(VecDeque<Story>);

impl Stories {
    /// The latest stories, the last one first.
    pub fn latest(&self) -> impl Iterator<Item = &Story> {
        self.0.iter().rev()
    }

    pub fn get(&self, id: &str) -> Option<&Story> {
        self.0.iter().find(|story| story.correlation_id == id)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Story> {
        self.0.iter_mut().find(|story| story.correlation_id == id)
    }

    /// Counts the steps of a function's line to its story. The first line begins a story.
    pub(super) fn count(&mut self, line: &LogLine, function: &str, steps: usize) {
        let Some(id) = line.text("correlation_id") else { return };
        let failed = line.message == "failed";
        if let Some(story) = self.get_mut(id) {
            story.steps += steps as u64;
            story.failed |= failed;
            return;
        }
        self.0.push_back(Story {
            correlation_id: id.to_owned(),
            what: function.replace('-', " "),
            started_at: line.timestamp,
            steps: steps as u64,
            failed,
            filtered: Vec::new(),
        });
        if self.0.len() > MOST {
            self.0.pop_front();
        }
    }

    /// Notes that a filter has stopped a message of a story.
    pub(super) fn filtered(&mut self, id: &str, edge: Edge) {
        if let Some(story) = self.get_mut(id) {
            story.steps += 1;
            story.filtered.push(edge);
        }
    }
}
